import type { Content } from './executable.ts'
import type { Geometry } from './maps.ts'
import type { ProcessStat } from './stat.ts'
import { addWords, noWords, type Words } from './stratum.ts'

/** A process uses so much of a core to be worth a look. */
export const BUSY_PERCENT = 1.5
/** A burst counts for so long. */
const BUSY_MS = 120_000
const CALL_MS = 60_000
const MOST_PROGRAMS = 64
const MOST_SHARED = 500

/** What the processes of one program say and hear, together: one that is started again goes on where it was. */
export type Program = {
  words: Words
  /** True once what it was built with has been searched. */
  constants: boolean
  /** When it last held a connection. */
  callMonoMs: number
}

/** One process, as far as it was looked at. */
export type Seen = {
  stat: ProcessStat
  monoMs: number
  percent: number
  busyMonoMs: number
  link: string
  args: string
  argsOf: string
  maps: { monoMs: number; bytes: number } | null
  geometry: Geometry | null
  geometryMonoMs: number
  /** `share` is null where what was written says nothing. */
  dataset: { monoMs: number; share: number | null } | null
  content: Content | null
  contentOf: string
  reading: Promise<void> | null
  program: Program
}

const newProgram = (): Program => ({ words: noWords(), constants: false, callMonoMs: Number.NEGATIVE_INFINITY })

/** A process that is seen for the first time; `busy` where it has been so since it started. */
export const newSeen = (stat: ProcessStat, monoMs: number, percent: number, busy: boolean): Seen => ({
  stat,
  monoMs,
  percent,
  busyMonoMs: busy ? monoMs : Number.NEGATIVE_INFINITY,
  link: '',
  args: '',
  argsOf: '',
  maps: null,
  geometry: null,
  geometryMonoMs: monoMs,
  dataset: null,
  content: null,
  contentOf: '',
  reading: null,
  program: newProgram(),
})

export const isBusy = (of: Seen, now: number): boolean => now - of.busyMonoMs <= BUSY_MS
export const isCalling = (of: Seen, now: number): boolean => now - of.program.callMonoMs <= CALL_MS

/** Remembers programs under a key; beyond `most` it forgets what was not asked for the longest. */
const createKept = (most: number) => {
  const kept = new Map<string, Program>()
  const set = (key: string, program: Program) => {
    kept.delete(key)
    kept.set(key, program)
    if (kept.size > most) kept.delete(kept.keys().next().value ?? '')
  }
  return {
    set,
    /** The one that is known under the key, else this one from now on. */
    of(key: string, program: Program): Program {
      const known = kept.get(key) ?? program
      set(key, known)
      return known
    },
  }
}

/** Programs of all containers of the host, by app, digest and name. */
export type SharedPrograms = ReturnType<typeof createSharedPrograms>
export const createSharedPrograms = () => createKept(MOST_SHARED)

/**
 * Which program a process of one container is of. Processes of one executable and name are one program; so are those of
 * other containers of the same `app`, once the executable's digest is known: several small ones are one large one.
 */
export const createPrograms = (app: string, shared: SharedPrograms) => {
  const local = createKept(MOST_PROGRAMS)
  const keyOf = ({ link, stat }: Seen) => `${link}\n${stat.name}`
  return {
    ofLink(of: Seen) {
      of.program = local.of(keyOf(of), of.program)
    },
    ofDigest(of: Seen) {
      if (of.content?.sha256 === undefined) return
      const known = shared.of(`${app}\n${of.content.sha256}\n${of.stat.name}`, of.program)
      if (known === of.program) return
      addWords(known.words, of.program.words)
      known.callMonoMs = Math.max(known.callMonoMs, of.program.callMonoMs)
      local.set(keyOf(of), known)
      of.program = known
    },
  }
}
