import type { Pool, Sql, Tx } from '#db/client.ts'
import { announce } from '../live.ts'
import { platformOf, readManifest, type Manifest } from './manifest.ts'
import type { Place } from './names.ts'
import { lockAccounts, recount } from './sizes.ts'
import { subjectOf } from './subject.ts'
import { tellDelete, tellPush } from './tellRegistry.ts'
import { accessTo, type Upstream } from './upstream.ts'

export type PutManifest = { digest: string; mediaType: string; body: Uint8Array; tag: string | undefined; by: string }

/** Records what the registry has taken or dropped, before the client hears of it. */
export type Recorder = {
  manifest(upstream: Upstream, place: Place, put: PutManifest): Promise<void>
  manifestDeleted(place: Place, digest: string, by: string): Promise<void>
  layer(upstream: Upstream, place: Place, digest: string): Promise<void>
  layerDeleted(place: Place, digest: string): Promise<void>
  /** Children of an index. */
  childrenOf(place: Place, digest: string): Promise<string[]>
}

/** A manifest as it is stored: its references, and what is told of a tag that names it. */
export type Recorded = { digest: string; sizeBytes: number; manifest: Manifest; platform: string }

const CONFIG_TYPES = /^application\/vnd\.(?:docker\.container\.image|oci\.image\.config)\.v1\+json$/
const MOST_CONFIG_BYTES = 1024 * 1024

export const createRecorder = (sql: Pool, clock: () => Date = () => new Date()): Recorder => ({
  async manifest(upstream, place, put) {
    const manifest = readManifest(put.body, put.mediaType)
    await learnSizes(sql, upstream, place, manifest, clock())
    const platform = manifest.isIndex ? '' : await platformFrom(upstream, place, manifest)
    const by = await labelOfSub(sql, put.by)
    const recorded = { digest: put.digest, sizeBytes: put.body.length, manifest, platform }
    await sql.begin(async (tx) => {
      await lockAccounts(tx, [place.accountId])
      const now = clock()
      await storeManifest(tx, place.repositoryId, recorded, now)
      if (put.tag !== undefined) {
        const { tag, digest } = put
        await storeTag(tx, place.repositoryId, { name: tag, digest, by }, now)
        await tellPush(tx, { now }, place, { tag, digest, mediaType: manifest.mediaType, by })
      }
      await tx`update repository set pushed_at = ${now} where id = ${place.repositoryId}`
      await recount(tx, place, now)
      await announce(tx, `account:${place.accountId}`)
    })
  },
  async manifestDeleted(place, digest, by) {
    await sql.begin(async (tx) => {
      await lockAccounts(tx, [place.accountId])
      const { repositoryId } = place
      await dropManifests(tx, repositoryId, [digest])
      await tx`delete from repository_tag where repository_id = ${repositoryId} and digest = ${digest}`
      const now = clock()
      await recount(tx, place, now)
      await tellDelete(tx, { now }, place, { digest, by: await labelOfSub(tx, by) })
      await announce(tx, `account:${place.accountId}`)
    })
  },
  async layer(upstream, place, digest) {
    const now = clock()
    await learnSize(sql, upstream, place, digest, now)
    await sql.begin(async (tx) => {
      await lockAccounts(tx, [place.accountId])
      await tx`insert into registry_layer (repository_id, digest, recorded_at) values (${place.repositoryId}, ${digest}, ${now})
        on conflict (repository_id, digest) do update set recorded_at = excluded.recorded_at`
      await recount(tx, place, now)
    })
  },
  async layerDeleted(place, digest) {
    await sql.begin(async (tx) => {
      await lockAccounts(tx, [place.accountId])
      await tx`delete from registry_layer where repository_id = ${place.repositoryId} and digest = ${digest}`
      await recount(tx, place, clock())
    })
  },
  async childrenOf(place, digest) {
    const rows = await sql<{ digest: string }[]>`select digest from registry_reference
      where repository_id = ${place.repositoryId} and manifest = ${digest} and role = 'child'`
    return rows.map((row) => row.digest)
  },
})

/** What people read of who a token's `sub` names: an address, a token's name, a robot's. */
const labelOfSub = async (sql: Sql, sub: string): Promise<string> => {
  const subject = subjectOf(sub)
  if ('userId' in subject) {
    const [user] = await sql<{ email: string }[]>`select email from auth_user where id = ${subject.userId}`
    return user?.email ?? ''
  }
  if ('tokenId' in subject) {
    const [token] = await sql<{ label: string }[]>`select coalesce(u.email, t.name || ' (' || t.hint || ')') as label
      from api_token t left join auth_user u on u.id = t.user_id where t.id = ${subject.tokenId}`
    return token?.label ?? ''
  }
  if (!('robotId' in subject)) return ''
  const [robot] = await sql<{ label: string }[]>`select a.name || '+' || r.name as label
    from robot r join account a on a.id = r.account_id where r.id = ${subject.robotId}`
  return robot?.label ?? ''
}

/** Takes manifests, and what they refer to, out of a repository's record. */
export const dropManifests = async (tx: Tx, repositoryId: bigint, digests: readonly string[]): Promise<void> => {
  await tx`delete from registry_manifest where repository_id = ${repositoryId} and digest = any(${digests as string[]}::text[])`
  await tx`delete from registry_reference where repository_id = ${repositoryId} and manifest = any(${digests as string[]}::text[])`
}

/** Stores a manifest with its references; one that is known stays as it is, as its digest names its bytes. */
export const storeManifest = async (tx: Tx, repositoryId: bigint, recorded: Recorded, now: Date): Promise<void> => {
  const { digest, sizeBytes, manifest, platform } = recorded
  await tx`insert into registry_blob (digest, size_bytes, recorded_at) values (${digest}, ${sizeBytes}, ${now})
    on conflict (digest) do nothing`
  const [made] = await tx<{ isNew: boolean }[]>`
    insert into registry_manifest as m (repository_id, digest, media_type, size_bytes, platform, recorded_at)
    values (${repositoryId}, ${digest}, ${manifest.mediaType}, ${sizeBytes}, ${platform}, ${now})
    on conflict (repository_id, digest) do update set recorded_at = excluded.recorded_at returning xmax = 0 as is_new`
  if (!made?.isNew || manifest.references.length === 0) return
  const rows = manifest.references.map((one, position) => ({ ...one, position }))
  await tx`insert into registry_reference (repository_id, manifest, digest, role, position, media_type, platform, size_bytes)
    select ${repositoryId}, ${digest}, x.digest, x.role, x.position, x."mediaType", x.platform, x."sizeBytes"
    from json_to_recordset(${JSON.stringify(rows)}::text::json) as x (digest text, role text, position int,
      "mediaType" text, platform text, "sizeBytes" bigint)
    on conflict do nothing`
}

/** Points a tag at a manifest that is stored: what one pull of its first platform moves, and its platforms. */
export const storeTag = async (
  tx: Tx,
  repositoryId: bigint,
  tag: { name: string; digest: string; by: string },
  now: Date,
): Promise<void> => {
  await tx`insert into repository_tag as t (repository_id, name, digest, media_type, size_bytes, platforms, pushed_by, pushed_at)
    select ${repositoryId}, ${tag.name}, ${tag.digest}, m.media_type,
      coalesce((select sum(x.size_bytes) from registry_reference x where x.repository_id = ${repositoryId}
        and x.manifest = coalesce(first.digest, m.digest) and x.role in ('config', 'layer')), 0),
      case when first.digest is null then array_remove(array[m.platform], '') else array(
        select c.platform from registry_reference c where c.repository_id = ${repositoryId} and c.manifest = m.digest
          and c.role = 'child' and c.platform <> '' and c.platform not like 'unknown%' order by c.position) end,
      ${tag.by}, ${now}
    from registry_manifest m
    left join lateral (select c.digest from registry_reference c where c.repository_id = ${repositoryId}
      and c.manifest = m.digest and c.role = 'child' order by c.position limit 1) first on true
    where m.repository_id = ${repositoryId} and m.digest = ${tag.digest}
    on conflict (repository_id, name) do update set digest = excluded.digest, media_type = excluded.media_type,
      size_bytes = excluded.size_bytes, platforms = excluded.platforms, pushed_by = excluded.pushed_by,
      pushed_at = excluded.pushed_at`
}

const blobHead = async (upstream: Upstream, place: Place, digest: string): Promise<number | undefined> => {
  const { status, headers } = await upstream.call(
    'HEAD',
    `/v2/${place.path}/blobs/${digest}`,
    accessTo(place.path, 'pull'),
  )
  const length = Number(headers['content-length'])
  return status === 200 && Number.isSafeInteger(length) ? length : undefined
}

const learnSize = async (sql: Pool, upstream: Upstream, place: Place, digest: string, now: Date) => {
  const [known] = await sql`select from registry_blob where digest = ${digest}`
  const size = known ? undefined : await blobHead(upstream, place, digest)
  if (size === undefined) return
  await sql`insert into registry_blob (digest, size_bytes, recorded_at) values (${digest}, ${size}, ${now})
    on conflict (digest) do nothing`
}

/** A manifest's word on sizes is not taken: blobs that are not known are asked for. */
const learnSizes = async (sql: Pool, upstream: Upstream, place: Place, manifest: Manifest, now: Date) => {
  const wanted = manifest.references.filter(({ role }) => role === 'config' || role === 'layer')
  const digests = [...new Set(wanted.map(({ digest }) => digest))]
  const known = await sql<{ digest: string }[]>`select b.digest from registry_blob b
    join registry_layer l on l.digest = b.digest and l.repository_id = ${place.repositoryId}
    where b.digest = any(${digests}::text[])`
  const have = new Set(known.map(({ digest }) => digest))
  for (const digest of digests.filter((digest) => !have.has(digest))) {
    await learnSize(sql, upstream, place, digest, now)
    await sql`insert into registry_layer (repository_id, digest, recorded_at) values (${place.repositoryId}, ${digest}, ${now})
      on conflict do nothing`
  }
}

const platformFrom = async (upstream: Upstream, place: Place, { references }: Manifest): Promise<string> => {
  const config = references.find(({ role }) => role === 'config')
  if (!config || !CONFIG_TYPES.test(config.mediaType)) return ''
  const { status, body } = await upstream.call(
    'GET',
    `/v2/${place.path}/blobs/${config.digest}`,
    accessTo(place.path, 'pull'),
    { limitBytes: MOST_CONFIG_BYTES },
  )
  return status === 200 ? platformFromConfig(body) : ''
}

/** An image's platform by its configuration (OCI image-spec, config). */
export const platformFromConfig = (body: Uint8Array): string => {
  try {
    return platformOf(JSON.parse(Buffer.from(body).toString()))
  } catch {
    return ''
  }
}
