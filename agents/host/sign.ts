import type { KeyObject } from 'node:crypto'
import { HEADERS, requestText, sha256Hex, signText, type RequestIdentity } from '#agents/protocol.ts'

/** Who signs, and when: `timeMs` is the corrected wall clock. */
export type Signer = { hostId: number; keyId: number; key: KeyObject }
export type Moment = { timeMs: number; bootId: string; monoMs: number }

/** The headers that prove a request: `path` is without query, `seq` a report's or 0, `body` as sent. */
export const signedHeaders = (
  { hostId, keyId, key }: Signer,
  { timeMs, bootId, monoMs }: Moment,
  method: string,
  path: string,
  seq: number,
  body: Uint8Array,
): Record<string, string> => {
  const id: RequestIdentity = { hostId, keyId, seq, timeMs, bootId, monoMs, digest: sha256Hex(body) }
  return {
    [HEADERS.hostId]: String(hostId),
    [HEADERS.keyId]: String(keyId),
    [HEADERS.seq]: String(seq),
    [HEADERS.timeMs]: String(timeMs),
    [HEADERS.bootId]: bootId,
    [HEADERS.monoMs]: String(monoMs),
    [HEADERS.digest]: id.digest,
    [HEADERS.signature]: signText(key, requestText(method, path, id)),
  }
}
