/** Messages of stratum, as `memory.stratum_words` counts them. */
export type Words = { kinds: Set<string>; wallets: Set<string>; excerpt: string }

/** Every message holds one of these. */
const NEEDLES = ['"mining.', '"job_id"', '"login"'].map((needle) => Buffer.from(needle))
const REACH = 1_500
const MOST_HITS = 64
const MOST_WALLETS = 8
/** So many letters around messages make a text that tells of them. */
const PROSE_LETTERS = 80

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

export const noWords = (): Words => ({ kinds: new Set(), wallets: new Set(), excerpt: '' })

/** Payout addresses of Monero and its kin in a text. */
export const walletsIn = (text: string): string[] => [...new Set(text.match(WALLET) ?? [])].slice(0, MOST_WALLETS)

const isPrintable = (byte: number) => (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13

/** Text without messages and headers of transports: what is left tells whether somebody writes about them. */
const isProse = (text: string) =>
  text
    .replace(/^[^\n{]*\}|\{[^\n]*\}|\{[^\n}]*$/gm, '')
    .replace(/^([A-Za-z-]+: .*|[A-Z]+ \S+ HTTP\/\d.*|HTTP\/\d.*)$/gm, '')
    .replace(/[^A-Za-z]/g, '').length > PROSE_LETTERS

/** Adds the messages in a piece of memory to `words`; those within documents, sources or rules do not count. */
export const findWords = (bytes: Buffer, words: Words): void => {
  for (const needle of NEEDLES) {
    let hits = 0
    for (let at = bytes.indexOf(needle); at >= 0 && hits < MOST_HITS; hits++) {
      let from = at
      while (from > 0 && at - from < REACH && isPrintable(bytes[from - 1]!)) from--
      let to = at
      while (to < bytes.length && to - at < REACH && isPrintable(bytes[to]!)) to++
      const text = bytes.toString('latin1', from, to)
      if (!isProse(text)) {
        const before = words.kinds.size
        for (const [, method] of text.matchAll(MINING)) words.kinds.add(`mining.${method}`)
        if (LOGIN.test(text)) words.kinds.add('login')
        if (JOB.test(text) || JOB_AFTER.test(text)) words.kinds.add('job')
        if (SUBMIT.test(text)) words.kinds.add('submit')
        if (words.kinds.size > before) {
          if (words.excerpt.length < 300)
            words.excerpt += `${text.slice(Math.max(0, at - from - 120), at - from + 180)}\n`
          for (const wallet of walletsIn(text)) if (words.wallets.size < MOST_WALLETS) words.wallets.add(wallet)
        }
      }
      at = bytes.indexOf(needle, Math.max(to, at + needle.length))
    }
  }
}
