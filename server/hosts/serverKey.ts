import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Sql, Tx } from '#db/client.ts'
import { rawPublicKey } from '#agents/protocol.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { seal, unseal } from '../seal.ts'

/** The control plane's command key: hosts pin the public half (raw, base64) when they enrol. */
export type ServerKey = { publicKey: string; privateKey: KeyObject }

const PURPOSE = 'server-key'
const LOCK = 7_244_982

type Row = { publicKey: Uint8Array; privateKeySealed: Uint8Array }

const readRow = async (sql: Sql): Promise<Row | undefined> => {
  const [row] = await sql<Row[]>`select public_key, private_key_sealed from server_key order by id limit 1`
  return row
}

const make = async (tx: Tx, secret: string): Promise<Row> => {
  await tx`select pg_advisory_xact_lock(${LOCK})`
  const found = await readRow(tx)
  if (found) return found
  const { privateKey } = generateKeyPairSync('ed25519')
  const publicKey = Buffer.from(rawPublicKey(privateKey), 'base64')
  const privateKeySealed = seal(secret, PURPOSE, privateKey.export({ type: 'pkcs8', format: 'der' }))
  await tx`insert into server_key (public_key, private_key_sealed) values (${publicKey}, ${privateKeySealed})`
  return { publicKey, privateKeySealed }
}

/**
 * The key that signs commands; made the first time, once however many processes ask.
 * @throws DomainError UNAVAILABLE where WHARF_SECRET is not the one it was sealed with.
 */
export const serverKey = async ({ sql, env }: Pick<Context, 'sql' | 'env'>): Promise<ServerKey> => {
  const row = (await readRow(sql)) ?? (await sql.begin((tx) => make(tx, env.secret)))
  try {
    const der = unseal(env.secret, PURPOSE, row.privateKeySealed)
    return {
      publicKey: Buffer.from(row.publicKey).toString('base64'),
      privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
    }
  } catch (error) {
    const message = 'the command key was sealed with another WHARF_SECRET; start with that one'
    throw new DomainError('UNAVAILABLE', message, { cause: error })
  }
}
