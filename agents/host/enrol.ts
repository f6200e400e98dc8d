import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { hostname as systemHostname } from 'node:os'
import { enrolmentText, publicKeyFromRaw, rawPublicKey, signText } from '#agents/protocol.ts'
import type { EnrolAnswer, EnrolRequest, RotateAnswer, RotateRequest } from '#agents/protocol.ts'
import { createApi } from './api.ts'
import { bootClock, readBootId } from './clock.ts'
import { createTransport } from './http.ts'
import { readIdentity, writeIdentity, writeNextKey, type Identity } from './identity.ts'
import { AGENT_VERSION } from './report.ts'
import { createTime } from './time.ts'

const TIMEOUT_MS = 15_000

const errorOf = (json: unknown, status: number): string => {
  const error = (json as { error?: { message?: unknown } } | undefined)?.error?.message
  return typeof error === 'string' ? error : `the control plane answered ${status}`
}

const makeKey = () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  return {
    key: privateKey,
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: rawPublicKey(privateKey),
  }
}

/**
 * Enrols this host with a one-time join token: makes its key, proves to hold it, and keeps its identity in `stateDir`,
 * readable by the owner alone. The key never leaves the host. Throws with the control plane's sentence where it refuses.
 */
export const enrol = async (options: {
  url: string
  token: string
  stateDir: string
  hostname?: string
}): Promise<Identity> => {
  const { url, token, stateDir, hostname = systemHostname() } = options
  const { key, pem, publicKey } = makeKey()
  const proof = signText(key, enrolmentText(token, publicKey))
  const request: EnrolRequest = { token, publicKey, hostname, agent: AGENT_VERSION, proof }
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
    return identity
  } finally {
    transport.close()
  }
}

/**
 * Exchanges the host's key for a new one; the request is signed with the old, the proof with the new. A running agent
 * goes on with the old key until it is started again. Throws where the control plane refuses; the old key then stays.
 */
export const rotate = async (options: { stateDir: string }): Promise<Identity> => {
  const identity = readIdentity(options.stateDir)
  const signer = { hostId: identity.hostId, keyId: identity.keyId, key: createPrivateKey(identity.privateKey) }
  const { key, pem, publicKey } = makeKey()
  // There is no join token at a rotation: the host's number stands in its place.
  const request: RotateRequest = { publicKey, proof: signText(key, enrolmentText(String(identity.hostId), publicKey)) }
  const transport = createTransport()
  try {
    const time = createTime(bootClock(), Date.now)
    const api = createApi(identity.url, signer, time, readBootId(), transport.send)
    // On disk before it counts: should this process die in between, no key is lost.
    writeNextKey(options.stateDir, pem)
    const answer = await api('POST', '/v1/agents/rotate', {
      body: Buffer.from(JSON.stringify(request)),
      timeoutMs: TIMEOUT_MS,
    })
    if (answer.status < 200 || answer.status >= 300) throw new Error(errorOf(answer.json, answer.status))
    const next: Identity = { ...identity, keyId: (answer.json as RotateAnswer).keyId, privateKey: pem }
    writeIdentity(options.stateDir, next)
    return next
  } finally {
    transport.close()
  }
}
