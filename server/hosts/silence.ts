/** Three reports, one a minute: a host that missed them is stale. */
export const STALE_AFTER_MS = 180_000

/** What the key of one notice can name: it stays far below what an index takes. */
const MOST_IN_A_NOTICE = 50

/** A host that went silent, and its last report: together the fact that a notice states once. */
export type Silence = { hostId: number; name: string; lastReportMs: number }

const KEY = /^hosts\.silent:(.+)$/
const partOf = ({ hostId, lastReportMs }: Silence) => `${hostId}@${lastReportMs}`

/** The key of the notice about these silences. */
export const keyOf = (silences: readonly Silence[]): string => `hosts.silent:${silences.map(partOf).join(',')}`

/**
 * What to tell: silences that no open notice names yet, in groups of one notice each; and what to take back:
 * the keys of open notices in which no host is silent any more.
 */
export const judgeSilence = (
  silent: readonly Silence[],
  openKeys: readonly string[],
): { tell: Silence[][]; resolve: string[] } => {
  const now = new Set(silent.map(partOf))
  const told = new Map(openKeys.map((key) => [key, KEY.exec(key)?.[1]?.split(',') ?? []]))
  const named = new Set([...told.values()].flat())
  const fresh = silent.filter((silence) => !named.has(partOf(silence)))
  const tell: Silence[][] = []
  for (let from = 0; from < fresh.length; from += MOST_IN_A_NOTICE)
    tell.push(fresh.slice(from, from + MOST_IN_A_NOTICE))
  const resolve = [...told].filter(([, parts]) => !parts.some((part) => now.has(part))).map(([key]) => key)
  return { tell, resolve }
}
