import type { Context } from '../context.ts'
import { confirm, noteBounce } from '../incidents/subscribers/changeSubscription.ts'
import { mailAddress, slackChannel } from '../incidents/subscribers/address.ts'
import { subscribe } from '../incidents/subscribers/subscribe.ts'
import { DAY_MS } from '../time.ts'

const PEOPLE = ['ops@saltmarsh.example', 'noc@greyheron.example', 'mira@tidepool.example', 'oncall@lowlight.example']

/** Some who subscribed to the demo's status page: confirmed, asked, and one whose mails came back. */
export const seedSubscribers = async (ctx: Context): Promise<void> => {
  const at = (days: number): Context => ({ ...ctx, now: new Date(ctx.now.getTime() - days * DAY_MS) })
  const [component] = await ctx.sql<
    { key: string }[]
  >`select key from component where archived_at is null order by position, id`
  const add = (days: number, address: string, components: string[] | null = null) =>
    subscribe(at(days), {
      kind: 'email',
      to: { address: mailAddress(address), settings: {}, secret: null },
      components,
      agreed: true,
    })
  for (const [n, address] of PEOPLE.entries())
    await add(90 - n * 17, address, n === 2 && component ? [component.key] : null)
  const { id } = await add(60, 'former@driftwood.example')
  await confirm(at(60), id)
  await noteBounce(at(3), { address: 'former@driftwood.example', reason: '550 5.1.1 no such user', isFinal: true })
  await subscribe(at(20), {
    kind: 'slack',
    to: slackChannel('C0WHARF01', 'xoxb-of-the-demo', 'https://slack.com/api'),
    components: null,
    agreed: true,
  })
}
