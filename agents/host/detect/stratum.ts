/**
 * Messages of stratum that a program's memory was seen to hold. `fixed` are those in what was loaded from its file: they
 * count only with others that change or were received. Each kind has the moment it was first seen, since boot; `prints`
 * tell whole messages apart, so that another of a kind shows that it goes on. Until then `texts` has the first of them with
 * their kinds, and `samples` lines of sources and documents that hold messages: what stands there was written, not said.
 */
export type Words = {
  kinds: Map<string, number>
  fixed: Map<string, number>
  prints: Set<number>
  texts: Map<string, string[]>
  samples: Set<string>
  /** When the first was seen, since boot; null while there is none. */
  sinceMonoMs: number | null
  /** When one was last seen. */
  seenMonoMs: number
  /** True once a later look found another message of a kind known before. */
  live: boolean
  wallets: Set<string>
  excerpt: string
}

/** Every message holds one of these. */
const NEEDLES = ['"mining.', '"job_id"', '"login"', '"keepalived"', '"eth_submit'].map((needle) => Buffer.from(needle))
const REACH = 1_500
const MOST_HITS = 64
const MOST_WALLETS = 8
const MOST_PRINTS = 1_000
const MOST_TEXTS = 32
const MOST_SAMPLES = 32
/** Messages that never change may be somebody's samples; a miner that waits for its next job shows them so long. */
const STILL_MS = 20_000
/** So many letters around messages make a text that tells of them. */
const PROSE_LETTERS = 24

const MINING =
  /"method"\s*:\s*"(mining\.(?:subscribe|authorize|notify|submit|set_difficulty|set_target|set_extranonce|configure|hello|extranonce\.subscribe)|eth_submit(?:Login|Work|Hashrate))"/g
/** What only tells of messages, as a dashboard does, has the method without what it was called with. */
const PARAMS = /"params"\s*:/
const WALLET = /(?<![1-9A-HJ-NP-Za-km-z])[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}(?![1-9A-HJ-NP-Za-km-z])/g

/**
 * CryptoNote's stratum (xmrig's doc/STRATUM.md). Each message is one line, its keys in any order: a method beside the
 * parameters that no other protocol has.
 */
const CRYPTONOTE: readonly [kind: string, needs: readonly RegExp[]][] = [
  ['login', [/"method"\s*:\s*"login"/, /"login"\s*:/, /"(pass|agent|rigid|algo)"\s*:/]],
  ['submit', [/"method"\s*:\s*"submit"/, /"job_id"\s*:/, /"nonce"\s*:\s*"?[0-9a-fA-F]{4,}/]],
  ['job', [/"job_id"\s*:/, /"(blob|seed_hash)"\s*:\s*"[0-9a-fA-F]{32,}/]],
  ['job', [/"job_id"\s*:/, /"target"\s*:\s*"[0-9a-fA-F]{6,64}"/, /"(blob|seed_hash|job)"\s*:|"method"\s*:\s*"job"/]],
  ['keepalived', [/"method"\s*:\s*"keepalived"/]],
]
/** Kinds that a pool says, not a miner. */
const FROM_POOL = /^(job|mining\.(notify|set_))/
/** Kinds that mean nothing else: two different messages of one are a conversation. */
const CONCLUSIVE = /^(mining\.|eth_submit|submit$)/

export const noWords = (): Words => ({
  kinds: new Map(),
  fixed: new Map(),
  prints: new Set(),
  texts: new Map(),
  samples: new Set(),
  sinceMonoMs: null,
  seenMonoMs: Number.NEGATIVE_INFINITY,
  live: false,
  wallets: new Set(),
  excerpt: '',
})

/** Adds to `words` what was seen elsewhere of the same program. */
export const addWords = (words: Words, other: Words): void => {
  for (const name of ['kinds', 'fixed'] as const) {
    for (const [kind, at] of other[name]) words[name].set(kind, Math.min(at, words[name].get(kind) ?? at))
  }
  for (const print of other.prints) if (words.prints.size < MOST_PRINTS) words.prints.add(print)
  for (const [text, kinds] of other.texts) if (words.texts.size < MOST_TEXTS) words.texts.set(text, kinds)
  for (const sample of other.samples) if (words.samples.size < MOST_SAMPLES) words.samples.add(sample)
  for (const wallet of other.wallets) if (words.wallets.size < MOST_WALLETS) words.wallets.add(wallet)
  const since = [words.sinceMonoMs, other.sinceMonoMs].filter((at) => at !== null)
  words.sinceMonoMs = since.length === 0 ? null : Math.min(...since)
  words.seenMonoMs = Math.max(words.seenMonoMs, other.seenMonoMs)
  words.live ||= other.live
  words.excerpt ||= other.excerpt
}

/** Messages that do not change: how many kinds, where a pool's and a miner's are among them and nobody wrote them down. */
const countStill = ({ fixed, texts, samples }: Words): number => {
  const said = [...texts].filter(([text]) => [...samples].every((line) => !line.includes(text)))
  const kinds = new Set(said.flatMap(([, kindsOf]) => kindsOf))
  const heard = [...kinds].some((kind) => FROM_POOL.test(kind) && !fixed.has(kind))
  const all = new Set([...kinds, ...fixed.keys()])
  return heard && [...all].some((kind) => !FROM_POOL.test(kind)) ? all.size : 0
}

/** How many different messages count now: of a conversation also what its program holds, and another of one kind. */
export const countWords = (words: Words, nowMonoMs: number): number => {
  const { kinds, fixed, live, sinceMonoMs } = words
  if (live) {
    const all = new Set([...kinds.keys(), ...fixed.keys()])
    return all.size === 1 && [...all].some((kind) => CONCLUSIVE.test(kind)) ? 2 : all.size
  }
  return sinceMonoMs !== null && nowMonoMs - sinceMonoMs >= STILL_MS ? countStill(words) : 0
}

/** True where what was seen at once is a conversation: messages of two kinds, or two of a kind that means nothing else. */
export const isConversation = ({ kinds, prints }: Words): boolean =>
  kinds.size > 1 || (prints.size > 1 && [...kinds.keys()].some((kind) => CONCLUSIVE.test(kind)))

/** Payout addresses of Monero and its kin in a text. */
export const walletsIn = (text: string): string[] => [...new Set(text.match(WALLET) ?? [])].slice(0, MOST_WALLETS)

const isPrintable = (byte: number) => (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13

/** Text without messages and headers of transports: what is left tells whether somebody writes about them. */
const isProse = (text: string) =>
  text
    .replace(/^[^\n{]*\}|\{[^\n]*\}|\{[^\n}]*$/gm, '')
    .replace(/^([A-Za-z-]+: .*|[A-Z]+ \S+ HTTP\/\d.*|HTTP\/\d.*)$/gm, '')
    .replace(/[^A-Za-z]/g, '').length > PROSE_LETTERS

/** The kinds of stratum's messages in a line. */
const kindsIn = (line: string): string[] => [
  ...(PARAMS.test(line) ? [...line.matchAll(MINING)].map(([, method]) => method!) : []),
  ...new Set(CRYPTONOTE.filter(([, needs]) => needs.every((need) => need.test(line))).map(([kind]) => kind)),
]

/** The whole object in a line; empty where it is cut. */
const objectIn = (line: string): string => {
  const open = line.indexOf('{')
  return open < 0 ? '' : line.slice(open, line.lastIndexOf('}') + 1)
}

/** FNV-1a: a number that tells texts apart well enough. */
const printOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let n = 0; n < text.length; n++) hash = Math.imul(hash ^ text.charCodeAt(n), 0x01000193)
  return hash
}

const addLine = (line: string, words: Words, { nowMonoMs, isFixed }: { nowMonoMs: number; isFixed: boolean }) => {
  const kinds = kindsIn(line)
  if (kinds.length === 0) return
  words.sinceMonoMs ??= nowMonoMs
  words.seenMonoMs = nowMonoMs
  const known = isFixed ? words.fixed : words.kinds
  if (kinds.some((kind) => !known.has(kind)) && words.excerpt.length < 300) words.excerpt += `${line.slice(0, 200)}\n`
  for (const kind of kinds) if (!known.has(kind)) known.set(kind, nowMonoMs)
  const message = objectIn(line)
  const print = printOf(message)
  if (message !== '' && !words.prints.has(print) && words.prints.size < MOST_PRINTS) {
    words.prints.add(print)
    if (words.texts.size < MOST_TEXTS) words.texts.set(message, kinds)
    if (kinds.some((kind) => known.get(kind)! < nowMonoMs)) words.live = true
  }
  for (const wallet of walletsIn(line)) if (words.wallets.size < MOST_WALLETS) words.wallets.add(wallet)
}

const addSample = (line: string, words: Words) => {
  if (words.samples.size < MOST_SAMPLES && kindsIn(line).length > 0) words.samples.add(line)
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
      const add = isProse(text) ? addSample : addLine
      for (const line of text.split('\n')) add(line, words, look)
    }
  }
}
