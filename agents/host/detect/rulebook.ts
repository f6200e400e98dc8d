import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { builtinBundle } from '#agents/pack.ts'
import { verifyText } from '#agents/protocol.ts'
import { bundleText, type RuleBundle, type SignedBundle } from '#agents/rules.ts'
import type { Api } from '../api.ts'
import { fileDisk, type Disk } from '../disk.ts'
import { reason, type Log } from '../log.ts'

export type Rulebook = ReturnType<typeof createRulebook>

/** The bundle that the control plane signed; null where its signature or its shape does not hold. */
export const readBundle = (signed: unknown, key: KeyObject): RuleBundle | null => {
  try {
    const { payload, signature } = signed as SignedBundle
    if (!verifyText(key, bundleText(payload), signature)) return null
    const bundle = JSON.parse(payload) as RuleBundle
    const holds =
      Number.isSafeInteger(bundle.version) &&
      Array.isArray(bundle.rules) &&
      Array.isArray(bundle.lists) &&
      typeof bundle.policy?.holdFire === 'boolean' &&
      [bundle.policy.dryRun, bundle.policy.exemptions, bundle.policy.disputes].every(Array.isArray) &&
      [bundle.policy.protected?.accounts, bundle.policy.protected?.apps].every(Array.isArray)
    return holds ? bundle : null
  } catch {
    return null
  }
}

/**
 * The rules to judge by: the newest bundle that the control plane signed, kept on disk for when it is away, else the
 * built-in one. An older bundle, or one that does not hold, changes nothing.
 */
export const createRulebook = (options: {
  api: Api
  serverKey: KeyObject
  stateDir: string
  cluster: string
  log: Log
  disk?: Disk
}) => {
  const { api, serverKey, stateDir, cluster, log, disk = fileDisk } = options
  const path = join(stateDir, 'rules.json')
  let bundle = builtinBundle(cluster)
  let fetching = false

  const take = (signed: unknown): boolean => {
    const next = readBundle(signed, serverKey)
    if (!next || next.version < bundle.version) return false
    const isNew = next.version > bundle.version
    bundle = next
    return isNew
  }

  try {
    take(JSON.parse(disk.read(path).toString()))
  } catch {
    // There is none yet, or none that can be read: the next fetch brings one.
  }

  return {
    bundle: () => bundle,
    /** Fetches what is in force. Never rejects: without the control plane the last one goes on. */
    async fetch(): Promise<void> {
      if (fetching) return
      fetching = true
      try {
        const { status, json } = await api('GET', '/v1/agents/rules')
        if (status !== 200) return
        if (!readBundle(json, serverKey)) {
          log('error', 'rules whose signature does not hold were left alone')
          return
        }
        if (!take(json)) return
        disk.write(path, Buffer.from(JSON.stringify(json)))
        log('info', 'new rules are in force', { version: bundle.version })
      } catch (error) {
        log('info', 'the rules could not be fetched', { error: reason(error) })
      } finally {
        fetching = false
      }
    },
  }
}
