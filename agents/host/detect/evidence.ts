import { MOST_EXCERPT, type Observation } from '#agents/rules.ts'
import { isBusy, isCalling, type Seen } from './seen.ts'
import { countWords } from './stratum.ts'
import { hostsIn, readsText } from './strings.ts'

const MOST_NAMED = 8
/** So long memory the size of a dataset may be empty before its size alone speaks: it may become ordinary data yet. */
const EMPTY_MS = 10_000
/** So many messages are a conversation. */
const CONVERSATION = 2
/** No more of it than this looks random in ordinary memory. */
const ORDINARY = 0.9

export const cut = (text: string) => text.slice(0, MOST_EXCERPT)

/** The root of the program that a process belongs to: the tree below the container's first process. */
const rootOf = (seen: ReadonlyMap<number, Seen>, pid: number, first: number): Seen | undefined => {
  let of = seen.get(pid)
  for (let depth = 0; of && depth < 32; depth++) {
    const parent = seen.get(of.stat.parent)
    if (!parent || parent.stat.pid === first) break
    of = parent
  }
  return of
}

type Base = Pick<Observation, 'heldS' | 'subject' | 'exeSha256'>

/**
 * What its memory says. Beside a conversation with a pool a fitting size is enough, whatever the memory holds. Without
 * one, memory that holds nothing is no company for the words in a program's file: scanners have such words too.
 */
const memoryOf = ({ geometry, geometryMonoMs, dataset, content }: Seen, base: Base, words: number, now: number) => {
  const heard = words >= CONVERSATION
  const fits = geometry && (heard || geometry.executable || (geometry.close && geometry.kind === 'dataset'))
  if (!fits) return []
  const share = dataset?.share ?? null
  const isEarly = share === null && now - geometryMonoMs < EMPTY_MS
  const isEmpty = dataset?.share === null && (content?.marks.length ?? 0) > 0
  if (!heard && (isEarly || isEmpty)) return []
  const found: Observation[] = []
  const [signal, least] =
    geometry.kind === 'dataset'
      ? (['memory.randomx_geometry', 2080] as const)
      : (['memory.randomx_light', 256] as const)
  const excerpt = cut(`${geometry.mib} MiB ${geometry.region.perms}`)
  found.push({ ...base, signal, value: Math.max(least, Math.round(geometry.mib)), excerpt })
  if (share !== null && !(heard && share <= ORDINARY)) {
    found.push({ ...base, signal: 'memory.dataset_entropy', value: share })
  }
  return found
}

/**
 * What is known now of the programs that are busy or were lately. `first` is the container's first process, which started
 * at `sinceMonoMs`: what was last heard before that says nothing of this life.
 */
export const evidenceOf = (
  seen: ReadonlyMap<number, Seen>,
  { first, sinceMonoMs }: { first: number; sinceMonoMs: number },
  now: number,
): Observation[] => {
  const found: Observation[] = []
  const busy = [...seen.values()].filter((of) => isBusy(of, now)).toSorted((a, b) => b.percent - a.percent)
  for (const [n, of] of busy.entries()) {
    const { stat, content, link, args, program } = of
    const root = rootOf(seen, stat.pid, first) ?? of
    const base = {
      heldS: 0,
      subject: `${root.stat.pid} ${cut(root.stat.name)}`,
      ...(content?.sha256 === undefined ? {} : { exeSha256: content.sha256 }),
    }
    const isHeard = isCalling(of, now) && program.words.seenMonoMs >= sinceMonoMs
    const words = isHeard ? countWords(program.words, now) : 0
    found.push(...memoryOf(of, base, words, now))
    if (words > 0) {
      found.push({ ...base, signal: 'memory.stratum_words', value: words, excerpt: cut(program.words.excerpt) })
    }
    if (content && content.marks.length > 0) {
      found.push({ ...base, signal: 'exe.miner_strings', value: content.marks.join(' '), excerpt: cut(link) })
    }
    if (n >= MOST_NAMED) continue
    found.push({ ...base, signal: 'process.name', value: cut(stat.name) })
    if (link.startsWith('/memfd:')) found.push({ ...base, signal: 'exe.memfd', value: true })
    else if (link.endsWith(' (deleted)')) found.push({ ...base, signal: 'exe.deleted', value: true })
    const name = link.replace(/ \(deleted\)$/, '').replace(/^.*\//, '')
    if (args === '' || readsText(name) || readsText(stat.name)) continue
    found.push({ ...base, signal: 'process.flags', value: cut(args) })
    for (const host of hostsIn(args).slice(0, 4)) {
      found.push({ ...base, signal: 'net.watchlist_name', value: host, excerpt: cut(args) })
    }
  }
  return found
}
