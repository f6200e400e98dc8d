import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'

/**
 * Puts official images in an order: those that are named come first, as they are named, the others after them by how much
 * they are used. @throws NOT_FOUND where one is not official (any more)
 */
export const orderOfficial = async (ctx: Context, paths: readonly string[]): Promise<void> =>
  ctx.sql.begin(async (tx) => {
    const before = await tx<{ path: string; officialRank: number | null }[]>`
      select path, official_rank from repository where official order by official_rank, path for update`
    const known = new Set(before.map(({ path }) => path))
    const unknown = paths.find((path) => !known.has(path))
    if (unknown !== undefined) throw new DomainError('NOT_FOUND', `${unknown} is no official image`, { path: 'paths' })
    await tx`update repository r set official_rank = o.place from repository s
      left join unnest(${paths as string[]}::text[]) with ordinality o (path, place) on o.path = s.path
      where r.id = s.id and s.official`
    await audit(tx, ctx, {
      action: 'registry.official.order',
      subject: { kind: 'account', id: 'library' },
      before: { paths: before.filter(({ officialRank }) => officialRank !== null).map(({ path }) => path) },
      after: { paths },
    })
  })
