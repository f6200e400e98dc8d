import type { Sql } from '#db/client.ts'

type Kept = { key: string; untilMs: number; read: Promise<unknown> }
const answers = new WeakMap<Sql, Map<string, Kept>>()

/**
 * The answer to a question about the whole fleet that everybody asks at once: read once and given out for `forMs`, or
 * until `key` changes. A failed read is not kept.
 */
export const kept = <T>(
  sql: Sql,
  { name, key, now, forMs }: { name: string; key: string; now: Date; forMs: number },
  read: () => Promise<T>,
): Promise<T> => {
  const own = answers.get(sql) ?? new Map<string, Kept>()
  answers.set(sql, own)
  const known = own.get(name)
  if (known?.key === key && now.getTime() < known.untilMs) return known.read as Promise<T>
  const asked = { key, untilMs: now.getTime() + forMs, read: read() }
  own.set(name, asked)
  asked.read.catch(() => {
    if (own.get(name) === asked) own.delete(name)
  })
  return asked.read
}
