import { createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto'

/** One DER value: tag, length, contents (ITU-T X.690, 8.1). */
const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const length =
    body.length < 128
      ? Buffer.from([body.length])
      : body.length < 256
        ? Buffer.from([0x81, body.length])
        : Buffer.from([0x82, body.length >> 8, body.length & 255])
  return Buffer.concat([Buffer.from([tag]), length, body])
}
const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts)
const hex = (text: string) => Buffer.from(text, 'hex')

const ECDSA_SHA256 = sequence(der(0x06, hex('2a8648ce3d040302')))
const COMMON_NAME = der(0x06, hex('550403'))
const KEY_USAGE = der(0x06, hex('551d0f'))
const BASIC_CONSTRAINTS = der(0x06, hex('551d13'))
const TRUE = der(0x01, Buffer.from([0xff]))

const nameOf = (text: string) => sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))))
/** GeneralizedTime, which is right in any year: `20260101000000Z`. */
const timeOf = (at: Date) => der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))

/**
 * A self-signed certificate in DER (RFC 5280) for an EC P-256 key: what the registry's `rootcertbundle` holds and a
 * token's `x5c` names. It is its own authority and signs nothing else.
 */
export const selfSigned = (key: KeyObject, name: string, from: Date, until: Date): Buffer => {
  const serial = randomBytes(16)
  // A positive number in as few bytes as it takes.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const extensions = sequence(
    sequence(BASIC_CONSTRAINTS, TRUE, der(0x04, sequence(TRUE))),
    // digitalSignature and keyCertSign.
    sequence(KEY_USAGE, TRUE, der(0x04, der(0x03, Buffer.from([0x02, 0x84])))),
  )
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_SHA256,
    nameOf(name),
    sequence(timeOf(from), timeOf(until)),
    nameOf(name),
    createPublicKey(key.export({ type: 'pkcs8', format: 'pem' })).export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  )
  return sequence(body, ECDSA_SHA256, der(0x03, Buffer.from([0]), sign('sha256', body, key)))
}

/** A certificate as PEM (RFC 7468). */
export const pemOf = (certificate: Uint8Array): string => {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
