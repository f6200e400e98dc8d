import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { hostname as systemHostname } from 'node:os'
import { enrolmentText, publicKeyFromRaw, rawPublicKey, signText } from '#agents/protocol.ts'
import type { EnrolAnswer, EnrolRequest, RotateAnswer, RotateRequest } from '#agents/protocol.ts'
import { createApi } from './api.ts'
import { bootClock, readBootId } from './clock.ts'
import { createTransport } from './http.ts'
import { readIdentity, readNextKey, removeNextKey, writeIdentity, writeNextKey, type Identity } from './identity.ts'
import { AGENT_VERSION } from './report.ts'
import { createTime } from './time.ts'

const TIMEOUT_MS = 15_000

const errorOf = (json: unknown, status: number): string => {
  const error = (json as { error?: { message?: unknown } } | undefined)?.error?.message
  return typeof error === 'string' ? error : `the control plane answered ${status}`
}

const keyOf = (key: KeyObject) => ({
  key,
  pem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  publicKey: rawPublicKey(key),
})
const makeKey = () => keyOf(generateKeyPairSync('ed25519').privateKey)

/**
 * Enrols this host with a one-time join token: makes its key, proves to hold it, and keeps its identity in `stateDir`,
 * readable by the owner alone. The key never leaves the host. Throws with the control plane's sentence where it refuses.
 */
export const enrol = async (options: {
  url: string
  token: string
  stateDir: string
  hostname?: string
  /** What it says it is. */
  agent?: string
}): Promise<Identity> => {
  const { url, token, stateDir, hostname = systemHostname(), agent = AGENT_VERSION } = options
  const { key, pem, publicKey } = makeKey()
  const proof = signText(key, enrolmentText(token, publicKey))
  const request: EnrolRequest = { token, publicKey, hostname, agent, proof }
  const transport = createTransport()
  try {
    const body = Buffer.from(JSON.stringify(request))
    const answer = await transport.send({
      method: 'POST',
      url: new URL('v1/agents/enrol', url.endsWith('/') ? url : `${url}/`),
      headers: {
        'content-type': 'application/json',
        'content-length': String(body.length),
        accept: 'application/json',
      },
      body,
      timeoutMs: TIMEOUT_MS,
    })
    const json: unknown = JSON.parse(answer.body.toString() || 'null')
    if (answer.status < 200 || answer.status >= 300) throw new Error(errorOf(json, answer.status))
    const { hostId, keyId, serverPublicKey, cluster } = json as EnrolAnswer
    publicKeyFromRaw(serverPublicKey)
    const identity: Identity = { hostId, keyId, privateKey: pem, url, serverPublicKey, cluster }
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    writeIdentity(stateDir, identity)
    removeNextKey(stateDir)
    return identity
  } finally {
    transport.close()
  }
}

/**
 * Exchanges the host's key for a new one; the request is signed with the old, the proof with the new. A running agent
 * goes on with the old key until it is started again. A rotation that a crash cut off is taken up: the same key again
 * gives the same answer. Throws where the control plane refuses; the old key then stays.
 */
export const rotate = async (options: { stateDir: string; url?: string }): Promise<Identity> => {
  const identity = readIdentity(options.stateDir)
  const kept = readNextKey(options.stateDir)
  const pending = kept === identity.privateKey ? null : kept
  const signer = { hostId: identity.hostId, keyId: identity.keyId, key: createPrivateKey(identity.privateKey) }
  const { key, pem, publicKey } = pending === null ? makeKey() : keyOf(createPrivateKey(pending))
  // There is no join token at a rotation: the host's number stands in its place.
  const request: RotateRequest = { publicKey, proof: signText(key, enrolmentText(String(identity.hostId), publicKey)) }
  const transport = createTransport()
  try {
    const time = createTime(bootClock(), Date.now)
    const api = createApi(options.url ?? identity.url, signer, time, readBootId(), transport.send)
    // On disk before it counts: should this process die in between, no key is lost.
    writeNextKey(options.stateDir, pem)
    const answer = await api('POST', '/v1/agents/rotate', {
      body: Buffer.from(JSON.stringify(request)),
      timeoutMs: TIMEOUT_MS,
    })
    // A key that is refused for good must not be offered again.
    if (answer.status === 409) removeNextKey(options.stateDir)
    if (answer.status < 200 || answer.status >= 300) throw new Error(errorOf(answer.json, answer.status))
    const next: Identity = { ...identity, keyId: (answer.json as RotateAnswer).keyId, privateKey: pem }
    writeIdentity(options.stateDir, next)
    removeNextKey(options.stateDir)
    return next
  } finally {
    transport.close()
  }
}

/** Takes up a rotation that a crash cut off, if there is one; throws as `rotate` does. */
export const endRotation = async (options: { stateDir: string; url?: string }): Promise<void> => {
  const pending = readNextKey(options.stateDir)
  if (pending === null) return
  if (pending === readIdentity(options.stateDir).privateKey) removeNextKey(options.stateDir)
  else await rotate(options)
}
