import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from './durable.ts'

/** Who this agent is, kept in `identity.json` of its state directory, readable by its owner alone. */
export type Identity = {
  hostId: number
  keyId: number
  /** Ed25519, PKCS #8 PEM. */
  privateKey: string
  url: string
  /** The control plane's command key, pinned: raw Ed25519, base64. */
  serverPublicKey: string
  cluster: string
}

const path = (stateDir: string) => join(stateDir, 'identity.json')

export const writeIdentity = (stateDir: string, identity: Identity) => {
  writeDurably(path(stateDir), Buffer.from(`${JSON.stringify(identity, null, 2)}\n`), 0o600)
  chmodSync(path(stateDir), 0o600)
}

const nextKeyPath = (stateDir: string) => join(stateDir, 'next-key.pem')

/** Keeps a key that the control plane is about to learn, in `next-key.pem`, until the identity holds it. */
export const writeNextKey = (stateDir: string, pem: string) =>
  writeDurably(nextKeyPath(stateDir), Buffer.from(pem), 0o600)

/** The key of a rotation that did not come to its end, in PEM; null where there is none. */
export const readNextKey = (stateDir: string): string | null =>
  existsSync(nextKeyPath(stateDir)) ? readFileSync(nextKeyPath(stateDir), 'utf8') : null

export const removeNextKey = (stateDir: string) => rmSync(nextKeyPath(stateDir), { force: true })

/** Throws where the host is not enrolled, saying what to do. */
export const readIdentity = (stateDir: string): Identity => {
  let text: string
  try {
    text = readFileSync(path(stateDir), 'utf8')
  } catch (error) {
    throw new Error(`no identity in ${stateDir}: enrol this host first with "wharf agent enrol"`, { cause: error })
  }
  return JSON.parse(text) as Identity
}
