/** What miners' programs hold, each as it is spelled there, and the word it counts as. */
const MARKS: [word: string, spellings: string[]][] = [
  ['xmrig', ['xmrig', 'XMRig', 'XMRIG']],
  ['randomx', ['randomx', 'RandomX', 'RANDOMX']],
  ['cryptonight', ['cryptonight', 'CryptoNight', 'CRYPTONIGHT']],
  ['stratum+tcp', ['stratum+tcp']],
  ['stratum+ssl', ['stratum+ssl', 'stratum+tls']],
  ['donate-level', ['donate-level']],
  ['mining.subscribe', ['mining.subscribe']],
  ['mining.submit', ['mining.submit']],
  ['seed_hash', ['"seed_hash"']],
]
const NEEDLES = MARKS.flatMap(([word, spellings]) => spellings.map((text) => ({ word, bytes: Buffer.from(text) })))

/** Bytes that two pieces of one file must share, so that no word is cut in two. */
export const OVERLAP_BYTES = 32

/** Adds the words of miners in a piece of an executable to `found`. */
export const findMarks = (bytes: Buffer, found: Set<string>): void => {
  for (const { word, bytes: needle } of NEEDLES) if (!found.has(word) && bytes.includes(needle)) found.add(word)
}

/** Programs that read, search or edit text: words in their arguments are what they look for. */
const READERS =
  /^(grep|egrep|fgrep|zgrep|rg|ag|ack|sed|g?awk|mawk|vi|vim|nvim|nano|emacs|ed|less|more|cat|tac|head|tail|find|xargs|diff|sort|uniq|cut|tr|wc|echo|printf|curl|wget|git|jq|sh|bash|dash|ash|zsh|ksh|env|tini|dumb-init|timeout|watch|ssh|make)$/

export const readsText = (name: string): boolean => READERS.test(name)

const HOST = /(?:^|[/@=,\s])((?:[a-z0-9_-]{1,63}\.)+[a-z]{2,24})(?::\d{1,5})?(?=$|[/,\s])/gi

/** Names of hosts in a command line, lower case. */
export const hostsIn = (text: string): string[] => [
  ...new Set([...text.matchAll(HOST)].map(([, name]) => name!.toLowerCase())),
]
