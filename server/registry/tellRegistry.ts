import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { sendEvent } from '../notices/sendEvent.ts'

type Place = { accountId: bigint; path: string }
type Now = Pick<Context, 'now'>

/** Tells webhooks that a tag was pushed. One push of a tag to a digest at one time is one fact. */
export const tellPush = (
  tx: Tx,
  ctx: Now,
  place: Place,
  of: { tag: string; digest: string; mediaType: string; by: string },
): Promise<void> =>
  sendEvent(tx, ctx, {
    accountId: place.accountId,
    type: 'repository.push',
    key: `push:${place.path}:${of.tag}:${of.digest}:${ctx.now.getTime()}`,
    subject: place.path,
    data: { repository: place.path, ...of, pushedAt: ctx.now },
  })

/** Tells webhooks that a tag, an image or (without both) the repository was deleted. */
export const tellDelete = (
  tx: Tx,
  ctx: Now,
  place: Place,
  of: { tag?: string; digest?: string; by?: string },
): Promise<void> =>
  sendEvent(tx, ctx, {
    accountId: place.accountId,
    type: 'repository.delete',
    key: `delete:${place.path}:${of.tag ?? ''}:${of.digest ?? ''}:${ctx.now.getTime()}`,
    subject: place.path,
    data: { repository: place.path, ...of, deletedAt: ctx.now },
  })
