import { z } from 'zod'
import { memberAccountIds } from './accounts/sql.ts'
import { userIdOf, type Context } from './context.ts'
import { DomainError } from './errors.ts'
import { hasRole, router, signedIn } from './trpc.ts'

/** Kinds of topics that carry an account's id and are its members' business. */
const OF_ACCOUNTS = new Set(['account', 'billing', 'usage', 'notices', 'violations'])

/** Operators may hear of everything, members of what concerns their accounts. @throws DomainError FORBIDDEN */
const requireHearing = async (ctx: Context, topics: readonly string[]) => {
  const { actor } = ctx
  if (hasRole(actor, 'operator') && (actor.kind !== 'token' || actor.scopes.includes('operate'))) return
  const userId = userIdOf(actor)
  const ids = userId === null ? [] : await memberAccountIds(ctx.sql, userId)
  const only = actor.kind === 'token' ? actor.accountId : null
  const own = new Set(ids.filter((id) => only === null || id === only).map(String))
  for (const topic of topics) {
    const [kind = '', id = ''] = topic.split(':')
    if (!OF_ACCOUNTS.has(kind) || !own.has(id)) throw new DomainError('FORBIDDEN', `"${topic}" is not yours to hear of`)
  }
}

/** News of changes for pages that are open: a topic each, nothing of what changed. */
export const liveRouter = router({
  changes: signedIn
    .input(
      z.object({
        topics: z
          .array(z.string().regex(/^[a-z]{1,20}(:[\w-]{1,40})?$/))
          .min(1)
          .max(20),
      }),
    )
    .subscription(async function* ({ ctx, input, signal }) {
      await requireHearing(ctx, input.topics)
      const { live } = ctx
      if (!live) throw new DomainError('UNAVAILABLE', 'this process tells no news')
      const heard: string[] = []
      let wake = () => {}
      const off = live.on(input.topics, (topic) => {
        if (!heard.includes(topic)) heard.push(topic)
        wake()
      })
      signal?.addEventListener('abort', () => wake(), { once: true })
      try {
        while (!signal?.aborted) {
          const topic = heard.shift()
          if (topic !== undefined) yield { topic }
          else await new Promise<void>((resolve) => (wake = resolve))
        }
      } finally {
        off()
      }
    }),
})
