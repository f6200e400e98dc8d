/**
 * Messages of stratum that a program's memory was seen to hold. `fixed` are those in what was loaded from its file: they
 * count only with others that change. Each kind has the moment it was first seen, since boot; `prints` are whole messages,
 * so that another of a kind shows that it goes on.
 */
export type Words = {
  kinds: Map<string, number>
  fixed: Map<string, number>
  prints: Set<string>
  /** When the first was seen, since boot; null while there is none. */
  sinceMonoMs: number | null
  /** True once a later look found another message of a kind known before. */
  live: boolean
  wallets: Set<string>
  excerpt: string
}

/** Every message holds one of these. */
const NEEDLES = ['"mining.', '"job_id"', '"login"'].map((needle) => Buffer.from(needle))
const REACH = 1_500
const MOST_HITS = 64
const MOST_WALLETS = 8
const MOST_PRINTS = 2_000
/** Messages that never change may be somebody's samples; a miner that waits for its next job shows them so long. */
const STILL_MS = 20_000
/** So many letters around messages make a text that tells of them. */
const PROSE_LETTERS = 24

const MINING =
  /"method"\s*:\s*"mining\.(subscribe|authorize|notify|submit|set_difficulty|set_target|configure|extranonce\.subscribe)"/g
/** CryptoNote's stratum (xmrig's doc/STRATUM.md): each method beside the parameters that no other protocol has. */
const LOGIN =
  /"method"\s*:\s*"login"[^\n]{0,300}"(login|pass|agent|rigid|algo)"\s*:|"(login|pass)"\s*:\s*"[^"\n]{0,300}"[^\n]{0,300}"method"\s*:\s*"login"/
const HEX = '"[0-9a-fA-F]'
const JOB = new RegExp(
  `"job_id"\\s*:[^\\n]{0,1200}"(target"\\s*:\\s*${HEX}{6,64}"|(blob|seed_hash)"\\s*:\\s*${HEX}{32,})`,
)
const JOB_AFTER = new RegExp(
  `"(target"\\s*:\\s*${HEX}{6,64}"|(blob|seed_hash)"\\s*:\\s*${HEX}{32,}")[^\\n]{0,1200}"job_id"\\s*:`,
)
const SUBMIT = /"method"\s*:\s*"submit"[^\n]{0,400}"job_id"\s*:[^\n]{0,200}"(nonce|result)"\s*:/
const WALLET = /(?<![1-9A-HJ-NP-Za-km-z])[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}(?![1-9A-HJ-NP-Za-km-z])/g

export const noWords = (): Words => ({
  kinds: new Map(),
  fixed: new Map(),
  prints: new Set(),
  sinceMonoMs: null,
  live: false,
  wallets: new Set(),
  excerpt: '',
})

/** How many different messages count now. */
export const countWords = ({ kinds, fixed, live, sinceMonoMs }: Words, nowMonoMs: number): number => {
  if (live) return new Set([...kinds.keys(), ...fixed.keys()]).size
  return sinceMonoMs !== null && nowMonoMs - sinceMonoMs >= STILL_MS ? kinds.size : 0
}

/** Payout addresses of Monero and its kin in a text. */
export const walletsIn = (text: string): string[] => [...new Set(text.match(WALLET) ?? [])].slice(0, MOST_WALLETS)

const isPrintable = (byte: number) => (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13

/** Text without messages and headers of transports: what is left tells whether somebody writes about them. */
const isProse = (text: string) =>
  text
    .replace(/^[^\n{]*\}|\{[^\n]*\}|\{[^\n}]*$/gm, '')
    .replace(/^([A-Za-z-]+: .*|[A-Z]+ \S+ HTTP\/\d.*|HTTP\/\d.*)$/gm, '')
    .replace(/[^A-Za-z]/g, '').length > PROSE_LETTERS

const kindsIn = (text: string): string[] => [
  ...[...text.matchAll(MINING)].map(([, method]) => `mining.${method}`),
  ...(LOGIN.test(text) ? ['login'] : []),
  ...(JOB.test(text) || JOB_AFTER.test(text) ? ['job'] : []),
  ...(SUBMIT.test(text) ? ['submit'] : []),
]

/** The whole object that stands around a place in a text; empty where it is cut. */
const objectAt = (text: string, at: number): string => {
  const from = text.lastIndexOf('\n', at) + 1
  const end = text.indexOf('\n', at)
  const line = text.slice(from, end < 0 ? text.length : end)
  const open = line.indexOf('{')
  const close = line.lastIndexOf('}')
  return open < 0 || close < at - from ? '' : line.slice(open, close + 1)
}

/**
 * Adds the messages in a piece of memory to `words`; those within documents, sources or rules do not count.
 * `isFixed` tells memory that was loaded from the program's file.
 */
export const findWords = (bytes: Buffer, words: Words, look: { nowMonoMs: number; isFixed: boolean }): void => {
  for (const needle of NEEDLES) {
    let hits = 0
    for (let at = bytes.indexOf(needle); at >= 0 && hits < MOST_HITS; hits++) {
      let from = at
      while (from > 0 && at - from < REACH && isPrintable(bytes[from - 1]!)) from--
      let to = at
      while (to < bytes.length && to - at < REACH && isPrintable(bytes[to]!)) to++
      const text = bytes.toString('latin1', from, to)
      at = bytes.indexOf(needle, Math.max(to, at + needle.length))
      if (isProse(text)) continue
      const kinds = kindsIn(text)
      if (kinds.length === 0) continue
      words.sinceMonoMs ??= look.nowMonoMs
      const known = look.isFixed ? words.fixed : words.kinds
      if (kinds.some((kind) => !known.has(kind)) && words.excerpt.length < 300)
        words.excerpt += `${text.slice(0, 200)}\n`
      for (const kind of kinds) if (!known.has(kind)) known.set(kind, look.nowMonoMs)
      const print = objectAt(text, text.indexOf(needle.toString()))
      if (print !== '' && !words.prints.has(print) && words.prints.size < MOST_PRINTS) {
        words.prints.add(print)
        if (kinds.some((kind) => known.get(kind)! < look.nowMonoMs)) words.live = true
      }
      for (const wallet of walletsIn(text)) if (words.wallets.size < MOST_WALLETS) words.wallets.add(wallet)
    }
  }
}
