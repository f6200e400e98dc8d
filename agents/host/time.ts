import { learn, type Anchor, type MonoClock } from './clock.ts'

/** The agent's clocks together: since boot, and the wall clock as corrected by the control plane's answers. */
export type Time = ReturnType<typeof createTime>

/** `wallMs` is the host's own wall clock, believed until the first answer. `saved` is an anchor of the same boot. */
export const createTime = (mono: MonoClock, wallMs: () => number, saved?: Anchor) => {
  let anchor: Anchor = saved?.learned ? saved : { anchorMs: wallMs() - mono(), learned: false }
  return {
    mono,
    wallMs,
    anchor: () => anchor,
    corrected: () => Math.round(anchor.anchorMs) + mono(),
    /** RFC 3339 of a moment since boot. */
    iso: (monoMs: number) => new Date(Math.round(anchor.anchorMs) + monoMs).toISOString(),
    learn: (sentMonoMs: number, receivedMonoMs: number, serverTimeMs: number) => {
      anchor = learn(anchor, sentMonoMs, receivedMonoMs, serverTimeMs)
    },
  }
}
