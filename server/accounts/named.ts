import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'

/** The account of that name, also where it was closed: what it owes stays. @throws NOT_FOUND */
export const accountNamed = async (sql: Sql, name: string): Promise<{ id: bigint; name: string }> => {
  const [row] = await sql<{ id: bigint; name: string }[]>`select id, name from account where name = ${name}`
  if (row) return row
  throw new DomainError('NOT_FOUND', `no account "${name}"`, { path: 'account' })
}
