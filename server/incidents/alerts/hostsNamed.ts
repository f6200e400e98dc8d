import type { Sql } from '#db/client.ts'

/** Labels that name a host, as exporters and people use them. */
const NAMES = ['host', 'hostname', 'host_name', 'node', 'nodename', 'instance', 'server', 'kubernetes_node']

/** `ams1-c1` of `ams1-c1.internal:9100`, and what it is without its port. */
const candidatesOf = (value: string): string[] => {
  const name = value.replace(/^https?:\/\//, '').replace(/[:/].*$/, '')
  return [value, name, name.split('.')[0] ?? name].filter((one) => one !== '')
}

/** Ids of the hosts that an alert's labels name; a value may name several, with commas. Sorted. */
export const hostsNamed = async (sql: Sql, labels: Readonly<Record<string, string>>): Promise<number[]> => {
  const values = NAMES.flatMap((name) => (Object.hasOwn(labels, name) ? (labels[name] ?? '').split(',') : []))
  const names = [...new Set(values.flatMap((value) => candidatesOf(value.trim())))].slice(0, 500)
  if (names.length === 0) return []
  const rows = await sql<
    { id: number }[]
  >`select id from host where name = any(${names}) and revoked_at is null order by id`
  return rows.map(({ id }) => id)
}
