import type { Context } from '../context.ts'
import { userIdOf } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { Met } from './meet.ts'

/** Puts a person's star on a repository or takes it back. A second one counts as one. Robots have none to give. */
export const starRepository = async (ctx: Context, met: Met, starred: boolean): Promise<{ stars: number }> => {
  const userId = userIdOf(ctx.actor)
  if (userId === null) throw new DomainError('UNPROCESSABLE', 'stars are given by people')
  return ctx.sql.begin(async (tx) => {
    const changed = starred
      ? await tx`insert into repository_star (repository_id, user_id, created_at) values (${met.id}, ${userId}, ${ctx.now})
          on conflict do nothing returning 1`
      : await tx`delete from repository_star where repository_id = ${met.id} and user_id = ${userId} returning 1`
    const by = changed.length === 0 ? 0 : starred ? 1 : -1
    const [row] = await tx<{ stars: number }[]>`update repository set stars = stars + ${by} where id = ${met.id}
      returning stars`
    return { stars: row?.stars ?? 0 }
  })
}
