import { reason } from './log.ts'
import { startWalk, type Walk } from './walk.ts'

/** A tree to measure again and again. */
export type Tree = { key: string; path: string }
export type Measured = { key: string; bytes: number; monoMs: number }

const SLICE_ENTRIES = 64
const SLICE_MS = 4
const PAUSE_MS = 40
/** Time walks may take of one core in the long run, and what they may save up. */
const MS_PER_SECOND = 4
const MOST_SAVED_MS = 1_000
const SHORTEST_INTERVAL_MS = 15_000
const INTERVAL_PER_WALK_MS = 500
const MINUTE_MS = 60_000
const LATEST_BEFORE_EDGE_MS = 2_000
const SPREAD_MS = 6_000

type Job = { tree: Tree; walk: Walk | null; dueMonoMs: number; spentMs: number }

/**
 * When a tree is walked again at the earliest at `monoMs`: in the seconds before a minute ends, so that each minute's
 * total reaches up to almost its end; trees spread over these seconds by their keys.
 */
export const nextWalkMonoMs = (monoMs: number, key: string, anchorMs: number): number => {
  let hash = 0
  for (let i = 0; i < key.length; i++) hash = (hash * 31 + key.charCodeAt(i)) % 1_000_003
  const beforeEdgeMs = LATEST_BEFORE_EDGE_MS + (hash % SPREAD_MS)
  const wallMs = anchorMs + monoMs + beforeEdgeMs
  return Math.ceil(wallMs / MINUTE_MS) * MINUTE_MS - beforeEdgeMs - anchorMs
}

/**
 * Walks trees one slice at a time, off the sampling path: a few milliseconds, then a pause, within a budget of 0.4 % of
 * one core in the long run. A tree is walked once a minute, or after 500 times what its walk took. New and short
 * walks go first. `onMeasured` gets each result, `onGone` a tree whose root is not there, `onFailed` the rest.
 */
export const startWalker = (options: {
  mono: () => number
  anchorMs: () => number
  onMeasured: (measured: Measured) => void
  onGone: (key: string) => void
  onFailed: (key: string, why: string) => void
}) => {
  const { mono, anchorMs, onMeasured, onGone, onFailed } = options
  const jobs = new Map<string, Job>()
  let savedMs = MOST_SAVED_MS
  let refilledMonoMs = mono()
  let timer: NodeJS.Timeout | null = null

  const finish = (job: Job) => {
    job.walk?.close()
    job.walk = null
  }

  const slice = (job: Job, until: number) => {
    const started = performance.now()
    try {
      job.walk ??= startWalk(job.tree.path)
      let done = false
      while (!done && performance.now() < until) done = job.walk.step(SLICE_ENTRIES)
      job.spentMs += performance.now() - started
      if (done) {
        const { walk } = job
        onMeasured({ key: job.tree.key, bytes: walk.bytes(), monoMs: mono() })
        finish(job)
        const earliest = mono() + Math.max(SHORTEST_INTERVAL_MS, job.spentMs * INTERVAL_PER_WALK_MS)
        job.dueMonoMs = nextWalkMonoMs(earliest, job.tree.key, anchorMs())
        job.spentMs = 0
      }
    } catch (error) {
      finish(job)
      job.dueMonoMs = mono() + MINUTE_MS
      job.spentMs = 0
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') onGone(job.tree.key)
      else onFailed(job.tree.key, reason(error))
    }
    savedMs -= performance.now() - started
  }

  const turn = () => {
    timer = null
    const now = mono()
    savedMs = Math.min(MOST_SAVED_MS, savedMs + ((now - refilledMonoMs) / 1000) * MS_PER_SECOND)
    refilledMonoMs = now
    const until = performance.now() + SLICE_MS
    const due = [...jobs.values()]
      .filter((job) => job.walk !== null || job.dueMonoMs <= now)
      .toSorted((a, b) => a.spentMs - b.spentMs)
    for (const job of due) if (savedMs > 0 && performance.now() < until) slice(job, until)
    let soonest = Number.POSITIVE_INFINITY
    for (const job of jobs.values()) soonest = Math.min(soonest, job.walk ? now : job.dueMonoMs)
    if (jobs.size > 0) schedule(savedMs > 0 ? Math.max(PAUSE_MS, soonest - now) : 1_000)
  }

  const schedule = (ms: number) => {
    if (timer) clearTimeout(timer)
    timer = setTimeout(turn, ms)
  }

  return {
    /** The trees there are now; new ones are walked after `settleMs`. */
    set(trees: Tree[], settleMs = 5_000) {
      const kept = new Set(trees.map(({ key }) => key))
      for (const [key, job] of jobs) {
        if (kept.has(key)) continue
        finish(job)
        jobs.delete(key)
      }
      let added = false
      for (const tree of trees) {
        const job = jobs.get(tree.key)
        if (job && job.tree.path === tree.path) continue
        if (job) finish(job)
        jobs.set(tree.key, { tree, walk: null, dueMonoMs: mono() + settleMs, spentMs: 0 })
        added = true
      }
      if (added || !timer) schedule(PAUSE_MS)
    },
    /** Walks one tree as soon as the budget lets it: its container has just ended. */
    soon(key: string) {
      const job = jobs.get(key)
      if (!job || job.walk) return
      job.dueMonoMs = mono()
      schedule(PAUSE_MS)
    },
    stop() {
      if (timer) clearTimeout(timer)
      for (const job of jobs.values()) finish(job)
      jobs.clear()
    },
  }
}
