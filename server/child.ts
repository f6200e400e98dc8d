import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { log } from './log.ts'

/** A process that is kept running until it is stopped. */
export type Child = { stop(): Promise<void> }

const RESTART_MS = 2_000
const STOP_WITHIN_MS = 8_000

/** Runs a TypeScript entry point by path as a process of its own, again after it ended. */
export const keepRunning = (name: string, args: string[], env: NodeJS.ProcessEnv = process.env): Child => {
  let stopping = false
  let child: ChildProcess | undefined
  const loop = (async () => {
    while (!stopping) {
      child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit'], detached: true })
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
      if (stopping) return
      log.warn({ child: name, code, signal }, 'process ended; it is started again')
      await sleep(RESTART_MS)
    }
  })()
  return {
    async stop() {
      stopping = true
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      const hard = setTimeout(() => child?.kill('SIGKILL'), STOP_WITHIN_MS)
      await loop
      clearTimeout(hard)
    },
  }
}
