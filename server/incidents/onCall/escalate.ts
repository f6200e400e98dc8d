import type { Tx } from '#db/client.ts'
import type { Context } from '../../context.ts'
import { addJob } from '../../jobs.ts'
import { announce } from '../../live.ts'
import { contactsOf } from './contacts/contactsOf.ts'
import { nextStep, type Step } from './policy.ts'
import { sendMessages } from './sendMessages.ts'
import { allOperators, peopleOf } from './whoIsOnCall.ts'

type Due = {
  id: bigint
  step: number
  round: number
  steps: Step[] | null
  repeatMinutes: number | null
}

const REPEAT_MINUTES = 5

/**
 * Job `incidents.escalate`: takes the next step of every page that is due, sends the messages, and leaves a job for the
 * next time something is due. Any number may run at once.
 */
export const escalate = async (ctx: Context): Promise<void> => {
  while (await ctx.sql.begin((tx) => escalateOne(tx, ctx)));
  await sendMessages(ctx)
  const [next] = await ctx.sql<{ at: Date | null }[]>`select least(
    (select min(next_at) from page where state = 'open'),
    (select min(next_at) from page_message where state = 'pending')) as at`
  if (next?.at) await addJob(ctx.sql, 'incidents.escalate', {}, { key: 'incidents.escalate:next', runAt: next.at })
}

/** One page that is due, if there is one: a message to each way of reaching each person whose turn it is. */
const escalateOne = async (tx: Tx, ctx: Context): Promise<boolean> => {
  const [page] = await tx<Due[]>`
    select p.id, p.step, p.round, e.steps, e.repeat_minutes from page p
      left join escalation_policy e on e.id = p.policy_id and e.removed_at is null
    where p.state = 'open' and p.next_at <= ${ctx.now} order by p.next_at, p.id limit 1 for update of p skip locked`
  if (!page) return false
  const steps = page.steps ?? []
  const { step, waitMinutes } = nextStep(steps, page.repeatMinutes ?? REPEAT_MINUTES, page.step)
  const named = step ? await peopleOf(tx, step.targets, ctx.now) : []
  const isLast = page.step >= steps.length - 1
  // A step that reaches nobody is passed over at once; at the end of the policy everybody is woken.
  const people = named.length > 0 || !isLast ? named : await allOperators(tx)
  for (const userId of people)
    for (const contact of await contactsOf(tx, userId))
      await tx`insert into page_message (page_id, round, user_id, contact_id, kind, address, state, next_at, created_at)
        values (${page.id}, ${page.round}, ${userId}, ${contact.id}, ${contact.kind}, ${contact.address}, 'pending',
          ${ctx.now}, ${ctx.now}) on conflict do nothing`
  const waitMs = people.length === 0 ? 0 : waitMinutes * 60_000
  const nextAt = people.length === 0 && isLast ? new Date(ctx.now.getTime() + REPEAT_MINUTES * 60_000) : undefined
  await tx`update page set step = least(step + 1, ${steps.length}), round = round + 1,
      next_at = ${nextAt ?? new Date(ctx.now.getTime() + waitMs)} where id = ${page.id}`
  await announce(tx, 'pages')
  return true
}
