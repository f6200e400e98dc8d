import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

const keyFor = (secret: string, purpose: string) => Buffer.from(hkdfSync('sha256', secret, 'wharfinger', purpose, 32))

/** Encrypts with AES-256-GCM under a key derived from WHARF_SECRET for one `purpose`: nonce, tag, text. */
export const seal = (secret: string, purpose: string, plain: Uint8Array): Buffer => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyFor(secret, purpose), nonce)
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body])
}

/** Opens what `seal` made. @throws where the secret or purpose differs or a byte was changed. */
export const unseal = (secret: string, purpose: string, sealed: Uint8Array): Buffer => {
  const decipher = createDecipheriv('aes-256-gcm', keyFor(secret, purpose), sealed.subarray(0, 12))
  decipher.setAuthTag(sealed.subarray(12, 28))
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()])
}

/** A signature for links that we make and later read ourselves. */
export const linkSignature = (secret: string, purpose: string, text: string) =>
  createHmac('sha256', keyFor(secret, `link:${purpose}`))
    .update(text)
    .digest('base64url')
