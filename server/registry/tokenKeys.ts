import { createPrivateKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto'
import type { Sql, Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { seal, unseal } from '../seal.ts'
import { pemOf, selfSigned } from './certificate.ts'

/** A key that signs tokens, with its certificate in DER. */
export type TokenKey = { id: bigint; privateKey: KeyObject; publicKey: KeyObject; certificate: Buffer }

const PURPOSE = 'registry-token-key'
const LOCK = 7_244_983
const YEARS_MS = 10 * 366 * 86_400_000
/** A registry that is read anew within this time knows a key before it signs. */
const AHEAD_MS = 10 * 60_000
/** Tokens of the key before live at most five minutes, with a minute of leeway. */
const OVERLAP_MS = 15 * 60_000

type Row = { id: bigint; certificate: Uint8Array; privateKeySealed: Uint8Array }

const make = async (tx: Tx, ctx: Context, signsFrom: Date): Promise<Row> => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const from = new Date(ctx.now.getTime() - 3_600_000)
  const certificate = selfSigned(privateKey, 'Wharfinger registry tokens', from, new Date(from.getTime() + YEARS_MS))
  const privateKeySealed = seal(ctx.env.secret, PURPOSE, privateKey.export({ type: 'pkcs8', format: 'der' }))
  const [row] = await tx<Row[]>`insert into registry_key (certificate, private_key_sealed, created_at, signs_from)
    values (${certificate}, ${privateKeySealed}, ${ctx.now}, ${signsFrom}) returning id, certificate, private_key_sealed`
  if (!row) throw new Error('the key was not stored')
  await audit(tx, ctx, {
    action: 'registry.key.create',
    subject: { kind: 'registry_key', id: row.id },
    after: { signsFrom },
  })
  return row
}

/** Makes the first key where there is none, once however many processes ask. */
export const ensureTokenKey = async (ctx: Context): Promise<void> => {
  const [found] = await ctx.sql`select from registry_key where ends_at is null limit 1`
  if (found) return
  await ctx.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`
    const [made] = await tx`select from registry_key where ends_at is null limit 1`
    if (!made) await make(tx, ctx, ctx.now)
  })
}

/**
 * Makes a new key that signs ten minutes from now, when the registry has its certificate; the others leave the bundle
 * when no token of theirs is alive any more. Gives when it begins to sign.
 * @throws DomainError CONFLICT while another one waits to begin.
 */
export const rotateTokenKey = async (ctx: Context, aheadMs = AHEAD_MS): Promise<Date> =>
  ctx.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`
    const [waiting] = await tx`select from registry_key where signs_from > ${ctx.now} limit 1`
    if (waiting) throw new DomainError('CONFLICT', 'a new key waits to begin; rotate again when it signs')
    const signsFrom = new Date(ctx.now.getTime() + aheadMs)
    const row = await make(tx, ctx, signsFrom)
    await tx`update registry_key set ends_at = ${new Date(signsFrom.getTime() + OVERLAP_MS)}
      where id <> ${row.id} and ends_at is null`
    return signsFrom
  })

const opened = (row: Row, secret: string): TokenKey => {
  try {
    const der = unseal(secret, PURPOSE, row.privateKeySealed)
    const certificate = Buffer.from(row.certificate)
    return {
      id: row.id,
      privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
      publicKey: new X509Certificate(certificate).publicKey,
      certificate,
    }
  } catch (error) {
    const message = "the registry's token key was sealed with another WHARF_SECRET; start with that one"
    throw new DomainError('UNAVAILABLE', message, { cause: error })
  }
}

/** The key that signs now, and all whose tokens may be alive (that one among them). */
export type TokenKeys = { signing: TokenKey; known: TokenKey[]; nextAt: Date | null }

/** Reads the keys as they are at `now`; `nextAt` is when another begins to sign. @throws DomainError UNAVAILABLE */
export const readTokenKeys = async (sql: Sql, secret: string, now: Date): Promise<TokenKeys> => {
  const rows = await sql<(Row & { signsFrom: Date })[]>`
    select id, certificate, private_key_sealed, signs_from from registry_key
    where ends_at is null or ends_at > ${now} order by signs_from desc, id desc`
  const current = rows.find(({ signsFrom }) => signsFrom <= now)
  if (!current) throw new DomainError('UNAVAILABLE', 'no key signs tokens yet; try again')
  const known = rows.map((row) => opened(row, secret))
  const signing = known.find(({ id }) => id === current.id) as TokenKey
  return { signing, known, nextAt: rows.findLast(({ signsFrom }) => signsFrom > now)?.signsFrom ?? null }
}

/** The registry's `rootcertbundle`: certificates of all keys whose tokens may be alive, and of the next one, as PEM. */
export const certificateBundle = async (sql: Sql, now: Date): Promise<string> => {
  const rows = await sql<{ certificate: Uint8Array }[]>`select certificate from registry_key
    where ends_at is null or ends_at > ${now} order by id`
  return rows.map(({ certificate }) => pemOf(certificate)).join('')
}
