import { z } from 'zod'
import type { Sql } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { announce } from '../live.ts'
import { seal, unseal } from '../seal.ts'
import type { Bucket } from './bucket.ts'

const PURPOSE = 'status bucket'

/** What an admin says of the object store. The secret is left out to keep the one there is. */
export const bucketSchema = z.object({
  endpoint: z
    .string()
    .trim()
    .max(300)
    .refine((url) => /^https?:\/\/[^/?#@]+\/?$/.test(url), 'an address such as https://s3.eu-central-1.amazonaws.com'),
  region: z
    .string()
    .trim()
    .regex(/^[a-z0-9-]{1,40}$/, 'a region such as eu-central-1; auto where the store has none'),
  bucket: z
    .string()
    .trim()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'a bucket’s name: 3 to 63 small letters, digits, dots, dashes'),
  prefix: z
    .string()
    .trim()
    .regex(/^(?:[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*\/?)?$/, 'folders such as status/, or nothing')
    .default(''),
  accessKey: z.string().trim().min(1, 'the access key’s id').max(200),
  secretKey: z.string().trim().min(1, 'the secret access key').max(500).optional(),
})
export type BucketSettings = z.infer<typeof bucketSchema>

export type BucketView = Omit<BucketSettings, 'secretKey'> & {
  /** How many files are there, of which revision, since when. */
  files: number
  revision: bigint | null
  uploadedAt: Date | null
  /** Why the last copy failed, and since when they do; null where it did not. */
  lastError: string | null
  failingSince: Date | null
}

/** Where the page is copied to and how that goes; null where it is not. Never the secret. */
export const readBucket = async (sql: Sql): Promise<BucketView | null> => {
  const [row] = await sql<BucketView[]>`
    select endpoint, region, bucket, prefix, access_key, revision, uploaded_at, last_error, failing_since,
      (select count(*)::int from jsonb_object_keys(files)) as files from status_bucket where id = 1`
  return row ?? null
}

/** The store with its secret opened. @throws Error where WHARF_SECRET is not the one it was sealed with */
export const openBucket = async (
  sql: Sql,
  secret: string,
): Promise<{ bucket: Bucket; files: Record<string, string> } | undefined> => {
  const [row] = await sql<
    (Omit<Bucket, 'secretKey'> & { sealedSecret: string; files: Record<string, string> })[]
  >`select endpoint, region, bucket, prefix, access_key, sealed_secret, files from status_bucket where id = 1`
  if (!row) return undefined
  const { sealedSecret, files, ...of } = row
  try {
    const secretKey = unseal(secret, PURPOSE, Buffer.from(sealedSecret, 'base64')).toString('utf8')
    return { bucket: { ...of, secretKey }, files }
  } catch (cause) {
    throw new Error('the object store’s secret cannot be read; enter it anew', { cause })
  }
}

/** Copies the page to this store from now on, beginning with all of it. @throws BAD_REQUEST without a secret */
export const setBucket = async (ctx: Context, { secretKey, ...of }: BucketSettings): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ sealedSecret: string; place: Omit<BucketSettings, 'secretKey'> }[]>`
      select sealed_secret, json_build_object('endpoint', endpoint, 'region', region, 'bucket', bucket, 'prefix', prefix,
        'accessKey', access_key) as place from status_bucket where id = 1 for update`
    const sealed = secretKey
      ? seal(ctx.env.secret, PURPOSE, Buffer.from(secretKey)).toString('base64')
      : before?.sealedSecret
    if (!sealed) throw new DomainError('BAD_REQUEST', 'the secret access key', { path: 'secretKey' })
    // What is in one place says nothing of another.
    const stays =
      before !== undefined &&
      (['endpoint', 'bucket', 'prefix'] as const).every((part) => before.place[part] === of[part])
    await tx`insert into status_bucket (id, endpoint, region, bucket, prefix, access_key, sealed_secret, changed_by, changed_at)
      values (1, ${of.endpoint}, ${of.region}, ${of.bucket}, ${of.prefix}, ${of.accessKey}, ${sealed},
        ${labelOf(ctx.actor)}, ${ctx.now})
      on conflict (id) do update set endpoint = excluded.endpoint, region = excluded.region, bucket = excluded.bucket,
        prefix = excluded.prefix, access_key = excluded.access_key, sealed_secret = excluded.sealed_secret,
        files = case when ${stays} then status_bucket.files else '{}' end,
        revision = case when ${stays} then status_bucket.revision end,
        uploaded_at = case when ${stays} then status_bucket.uploaded_at end, last_error = null, failing_since = null,
        changed_by = excluded.changed_by, changed_at = excluded.changed_at`
    await audit(tx, ctx, {
      action: 'incidents.status_bucket.set',
      subject: { kind: 'status_page', id: 1 },
      before: before?.place,
      after: { ...of, secret: secretKey ? 'entered anew' : 'kept' },
    })
    await copySoon(tx)
    await announce(tx, 'incidents')
  })

/** Copies no more; what is there stays there. Harmless to repeat. */
export const removeBucket = async (ctx: Context): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx`delete from status_bucket where id = 1 returning endpoint, bucket, prefix`
    if (!before) return
    await audit(tx, ctx, {
      action: 'incidents.status_bucket.remove',
      subject: { kind: 'status_page', id: 1 },
      before,
    })
    await announce(tx, 'incidents')
  })

/** Has the page copied, where it is copied at all. @param at not before then */
export const copySoon = async (tx: Sql, at?: Date): Promise<void> => {
  const [known] = await tx`select 1 from status_bucket where id = 1`
  if (known)
    await addJob(tx, 'incidents.upload_status', {}, { key: 'incidents.upload_status', ...(at ? { runAt: at } : {}) })
}
