import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { insertRepository } from './createRepository.ts'
import type { Met } from './meet.ts'
import { moveRepository } from './moveRepository.ts'
import { OFFICIAL } from './path.ts'

/** The account of official images, which is made with the first one. */
const officialAccount = async (tx: Tx, now: Date): Promise<{ id: bigint; name: string }> => {
  await tx`insert into account (name, kind, display_name, created_at)
    values (${OFFICIAL}, 'organization', 'Official images', ${now}) on conflict (name) do nothing`
  const [account] = await tx<{ id: bigint; name: string }[]>`select id, name from account where name = ${OFFICIAL}`
  return account!
}

/**
 * Makes an official image: a public repository of the account `library`. Who keeps it are its collaborators; admins of the
 * platform may push to all.
 */
export const createOfficial = async (
  ctx: Context,
  input: { name: string; description: string },
): Promise<{ id: bigint; path: string }> =>
  ctx.sql.begin(async (tx) =>
    insertRepository(tx, ctx, await officialAccount(tx, ctx.now), { ...input, visibility: 'public' }),
  )

/**
 * Makes a repository that is there official: it moves to `library`, where it has a short name, and its old name leads
 * there. It stops being official by being given to an account again.
 */
export const makeOfficial = async (ctx: Context, met: Met, name: string): Promise<{ moveId: bigint; path: string }> => {
  await ctx.sql.begin((tx) => officialAccount(tx, ctx.now))
  return moveRepository(ctx, met, { account: OFFICIAL, name })
}
