import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../context.ts'
import { log } from '../log.ts'
import { endCutCollections } from './collectGarbage.ts'
import { createFront, type Front } from './front.ts'
import { Gate } from './gate.ts'
import { keepKeys } from './keptKeys.ts'
import { blobFile } from './readStorage.ts'
import { createRecorder } from './record.ts'
import { findRegistry, startRegistryProcess, type RegistryProcess } from './registryProcess.ts'
import { setRunning } from './running.ts'
import { eventsSecret, uploadsSecret } from './secrets.ts'
import { certificateBundle, ensureTokenKey } from './tokenKeys.ts'
import { countTraffic } from './traffic.ts'
import { upstreamAt, type Upstream } from './upstream.ts'

/**
 * For a process without a front whose jobs need the registry: one elsewhere is reached; none is started. @returns what
 * lets go of it
 */
export const reachRegistry = ({ sql, env }: Context): (() => Promise<void>) => {
  const url = env.REGISTRY_URL
  if (url === undefined) return async () => {}
  const upstream = upstreamAt(() => url, keepKeys({ sql, env }))
  const traffic = countTraffic(sql)
  setRunning({ upstream, process: undefined, gate: new Gate(), traffic })
  return async () => {
    setRunning(undefined)
    upstream.close()
    await traffic.close()
  }
}

/** The front, and the registry behind it once `begin` has found or started one. */
export type Registry = { front: Front; begin(ownUrl: string): Promise<void>; stop(): Promise<void> }

/**
 * Makes the front at once, so that requests are answered (with how to get a registry) from the start. `begin` uses
 * REGISTRY_URL, else starts the program where it is installed.
 */
export const createRegistry = (ctx: Context): Registry => {
  const { sql, env } = ctx
  const keys = keepKeys(ctx)
  const traffic = countTraffic(sql)
  const gate = new Gate()
  let upstream: Upstream | undefined
  let child: RegistryProcess | undefined
  const front = createFront({
    sql,
    env,
    keys,
    traffic,
    gate,
    recorder: createRecorder(sql),
    upstream: () => upstream,
    blobFile: (digest) =>
      child && /^sha256:[0-9a-f]{64}$/.test(digest) ? blobFile(child.storageDir, digest) : undefined,
  })

  const ownRegistry = async (ownUrl: string): Promise<RegistryProcess | undefined> => {
    const program = findRegistry()
    if (!program) return undefined
    const dir = join(env.dataDir, 'registry')
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    return startRegistryProcess({
      program,
      dir,
      bundle: () => certificateBundle(sql, new Date()),
      publicUrl: env.publicUrl,
      ownUrl,
      eventsSecret: eventsSecret(env.secret),
      httpSecret: uploadsSecret(env.secret),
    })
  }

  return {
    front,
    async begin(ownUrl) {
      await ensureTokenKey(ctx)
      await endCutCollections(ctx)
      const given = env.REGISTRY_URL
      try {
        child = given === undefined ? await ownRegistry(ownUrl) : undefined
      } catch (error) {
        log.error({ err: error }, 'the registry was not started')
      }
      const url = given === undefined ? child?.url : () => given
      upstream = url && upstreamAt(url, keys)
      setRunning(upstream && { upstream, process: child, gate, traffic })
    },
    async stop() {
      setRunning(undefined)
      front.close()
      upstream?.close()
      upstream = undefined
      await Promise.all([traffic.close(), child?.stop()])
    },
  }
}
