import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { announce } from '../live.ts'
import { settingsSchema, type StatusSettings } from './statusPage/settings.ts'
import { touchStatusPage } from './touchStatusPage.ts'

/** Names the status page, gives it a logo and a host name; it is rendered anew. */
export const editStatusPage = async (ctx: Context, settings: StatusSettings): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ settings: unknown }[]>`select settings from status_page where id = 1 for update`
    await tx`update status_page set settings = ${JSON.stringify(settings)}::text::jsonb where id = 1`
    await touchStatusPage(tx)
    await audit(tx, ctx, {
      action: 'incidents.status_page.edit',
      subject: { kind: 'status_page', id: 1 },
      before: settingsSchema.parse(before!.settings),
      after: settings,
    })
    await announce(tx, 'incidents')
  })
