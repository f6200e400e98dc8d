import type { Context } from '../context.ts'
import { insertRepository } from './createRepository.ts'
import { OFFICIAL } from './path.ts'

/**
 * Makes an official image: a public repository of the account `library`, which is made with the first one. Who keeps it
 * are its collaborators; admins of the platform may push to all.
 */
export const createOfficial = async (
  ctx: Context,
  input: { name: string; description: string },
): Promise<{ id: bigint; path: string }> =>
  ctx.sql.begin(async (tx) => {
    await tx`insert into account (name, kind, display_name, created_at)
      values (${OFFICIAL}, 'organization', 'Official images', ${ctx.now}) on conflict (name) do nothing`
    const [account] = await tx<{ id: bigint; name: string }[]>`select id, name from account where name = ${OFFICIAL}`
    return insertRepository(tx, ctx, account!, { ...input, visibility: 'public' })
  })
