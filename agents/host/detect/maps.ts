const MIB = 2 ** 20

/** One line of /proc/PID/maps (proc_pid_maps(5)); `[start, end)` in bytes. */
export type Region = { start: number; end: number; perms: string; path: string }

/** RandomX's sizes (tevador/RandomX, `configuration.h`): dataset 2147483648 + 33554368 bytes, cache 256 MiB, 2 MiB a thread. */
const DATASET_MIB = 2080
const CACHE_MIB = 256
const SCRATCHPAD_MIB = 2
/** What else the kernel may merge into such a mapping: a thread's stack, an allocator's header, alignment. */
const SLACK_MIB = 16
/** A size that fits so closely needs no executable page to be noticed. */
const CLOSE_MIB = 2.5
/** The stack of the thread that was started next lies right below, and the kernel may make one mapping of both. */
const STACK_MIB = 8

/** Regions of a maps file; lines that are none are left out. Addresses stay below 2^53. */
export const parseMaps = (text: string): Region[] => {
  const regions: Region[] = []
  for (let from = 0; from < text.length;) {
    let to = text.indexOf('\n', from)
    if (to < 0) to = text.length
    const dash = text.indexOf('-', from)
    const space = text.indexOf(' ', from)
    if (dash > from && space > dash && space < to) {
      const start = Number.parseInt(text.slice(from, dash), 16)
      const end = Number.parseInt(text.slice(dash + 1, space), 16)
      // Offset, device and inode stand between the permissions and the path, which may be anything.
      let at = space + 5
      for (let skipped = 0; skipped < 3 && at >= 0 && at < to; skipped++) at = text.indexOf(' ', at + 1)
      const path = at >= 0 && at < to ? text.slice(at, to).trim() : ''
      if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && end > start) {
        regions.push({ start, end, perms: text.slice(space + 1, space + 5), path })
      }
    }
    from = to + 1
  }
  return regions
}

/** Memory of no file on a disk: also what has been given a name, shared memory and huge pages. */
export const isAnonymous = ({ path }: Region): boolean =>
  path === '' || path === '[heap]' || /^(\[anon|\/anon_hugepage|\/memfd:|\/dev\/(zero|shm\/)|\/SYSV)/.test(path)

const isWritten = ({ perms }: Region) => perms.startsWith('rw')
const sizeMib = ({ start, end }: Region) => (end - start) / MIB

/** Memory as RandomX lays it out. `close`: to the mebibyte; `executable`: beside an anonymous executable page. */
export type Geometry = { kind: 'dataset' | 'light'; region: Region; mib: number; close: boolean; executable: boolean }

const isClose = (mib: number, base: number, threads: number) =>
  [base, base + CACHE_MIB, base + STACK_MIB, base + CACHE_MIB + STACK_MIB].some(
    (least) => mib >= least && mib <= least + SCRATCHPAD_MIB * threads + CLOSE_MIB,
  )

/** Anonymous mappings that touch, as one; each alone too. */
const withRuns = (regions: readonly Region[]): Region[] => {
  const found = [...regions]
  let first = 0
  for (const [n, region] of regions.entries()) {
    if (n > 0 && regions[n - 1]!.end === region.start) {
      const { start, perms, path } = regions[first]!
      found.push({ start, end: region.end, perms, path })
    } else first = n
  }
  return found
}

/** The mapping that is most like RandomX's dataset, else like its cache; null where there is none. */
export const geometryOf = (regions: readonly Region[], threads: number): Geometry | null => {
  const anonymous = regions.filter(isAnonymous)
  const executable = anonymous.some(({ perms }) => perms[2] === 'x')
  const written = withRuns(anonymous.filter((region) => isWritten(region) && sizeMib(region) >= 1))
  const among = (least: number, most: number, base: number) =>
    written
      .filter((region) => sizeMib(region) >= least && sizeMib(region) <= most)
      .map((region) => ({ region, mib: sizeMib(region), close: isClose(sizeMib(region), base, threads) }))
      .toSorted((a, b) => Number(b.close) - Number(a.close) || a.mib - b.mib)[0]
  const scratch = SCRATCHPAD_MIB * Math.min(threads, 512)
  const dataset = among(DATASET_MIB - 0.25, DATASET_MIB + CACHE_MIB + scratch + SLACK_MIB, DATASET_MIB)
  if (dataset) return { kind: 'dataset', executable, ...dataset }
  const cache = among(CACHE_MIB, CACHE_MIB + STACK_MIB + scratch + CLOSE_MIB, CACHE_MIB)
  return cache ? { kind: 'light', executable, ...cache } : null
}

const SMALL_MIB = 64
const CONSTANTS_MIB = 4

/**
 * Where a program keeps what it says and hears: its small writable memory, the likeliest first. With `constants` also
 * what a small program was built with.
 */
export const smallHeaps = (regions: readonly Region[], exe: string, constants = false): Region[] => {
  const order = ({ path, perms }: Region) =>
    path === '[heap]' ? 0 : path.startsWith('[stack') ? 1 : perms.startsWith('rw') ? 2 : 3
  const isConstant = (region: Region) =>
    constants && region.perms.startsWith('r-') && region.path === exe && sizeMib(region) <= CONSTANTS_MIB
  return regions
    .filter(
      (region) =>
        isConstant(region) ||
        (isWritten(region) && (isAnonymous(region) || region.path.startsWith('[stack') || region.path === exe)),
    )
    .flatMap((region): Region[] => {
      if (sizeMib(region) <= SMALL_MIB) return [region]
      // Of a large one its ends: allocators begin and go on there.
      const edge = 2 * MIB
      return [
        { ...region, end: region.start + edge },
        { ...region, start: region.end - edge },
      ]
    })
    .toSorted((a, b) => order(a) - order(b) || a.end - a.start - (b.end - b.start))
}
