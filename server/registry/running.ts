import type { Gate } from './gate.ts'
import type { RegistryProcess } from './registryProcess.ts'
import type { Traffic } from './traffic.ts'
import type { Upstream } from './upstream.ts'

/** The registry that this process fronts; `process` where it is ours to stop, with its storage ours to read. */
export type Running = { upstream: Upstream; process: RegistryProcess | undefined; gate: Gate; traffic: Traffic }

let running: Running | undefined

/** Set once by whoever starts it. Processes without the role `web`, and those without a registry, have none. */
export const setRunning = (now: Running | undefined): void => {
  running = now
}

/** The registry behind this process's front, for verbs that need it itself. */
export const theRegistry = (): Running | undefined => running
