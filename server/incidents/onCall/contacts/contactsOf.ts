import type { Sql } from '#db/client.ts'

export type Contact = { id: bigint | null; kind: string; address: string }

/** How a person is reached: as they said, or by mail at the address they sign in with. */
export const contactsOf = async (sql: Sql, userId: string): Promise<Contact[]> => {
  const own = await sql<Contact[]>`select id, kind, address from contact_method
    where user_id = ${userId} and removed_at is null order by position, id`
  if (own.length > 0) return [...own]
  return [
    ...(await sql<
      Contact[]
    >`select null::bigint as id, 'email' as kind, email as address from auth_user where id = ${userId}`),
  ]
}
