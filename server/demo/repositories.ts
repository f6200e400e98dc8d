import { createHash } from 'node:crypto'
import type { Tx } from '#db/client.ts'
import { hashOf } from '../accounts/token.ts'
import type { Context } from '../context.ts'
import { makeRobotSecret, robotHint } from '../registry/robot.ts'
import { DAY_MS, HOUR_MS } from '../time.ts'
import type { People } from './people.ts'

const MIB = 1_048_576
const DAYS = 45

type Repository = {
  name: string
  about: string
  isPublic?: boolean
  /** Size of one pull, MiB; how many tags; pulls a day; hours since the last push. */
  mib: number
  tags: number
  pulls: number
  pushedHours: number
  platforms?: string[]
  readme?: string
  team?: 'read' | 'write' | 'admin'
}

const BOTH = ['linux/amd64', 'linux/arm64/v8']
const readme = (name: string, text: string) =>
  `# ${name}\n\n${text}\n\n## Use\n\n\`\`\`sh\ndocker pull ${name}\ndocker run --rm ${name} --help\n\`\`\`\n\n` +
  '- Built every night from signed sources\n- Tags are never moved, but for `latest`\n'

const SALTMARSH: Repository[] = [
  {
    name: 'ingest-worker',
    about: 'Takes events in and hands them on',
    mib: 318,
    tags: 14,
    pulls: 604,
    pushedHours: 2,
    team: 'write',
  },
  {
    name: 'api',
    about: 'The public API',
    mib: 214,
    tags: 18,
    pulls: 313,
    pushedHours: 9,
    platforms: BOTH,
    team: 'write',
  },
  { name: 'dashboards', about: 'Charts for customers', mib: 96, tags: 11, pulls: 207, pushedHours: 26, team: 'read' },
  { name: 'batch', about: 'Nightly aggregation', mib: 702, tags: 7, pulls: 137, pushedHours: 190 },
  {
    name: 'postgres-backup',
    about: 'Base backups and WAL to object storage',
    mib: 122,
    tags: 4,
    pulls: 24,
    pushedHours: 270,
  },
  {
    name: 'preview',
    about: 'A build of every pull request',
    mib: 207,
    tags: 24,
    pulls: 79,
    pushedHours: 0.4,
    team: 'write',
  },
  { name: 'notebooks', about: 'Analysts’ workbench', mib: 1430, tags: 3, pulls: 3, pushedHours: 820 },
  { name: 'legacy-etl', about: '', mib: 388, tags: 2, pulls: 0, pushedHours: 3400 },
  {
    ...{
      name: 'saltmarsh-cli',
      about: 'Command line for Saltmarsh Analytics',
      isPublic: true,
      mib: 18,
      tags: 9,
      pulls: 163,
    },
    ...{ pushedHours: 450, platforms: [...BOTH, 'linux/arm/v7'] },
    readme: readme(
      'saltmarsh/saltmarsh-cli',
      'Queries **Saltmarsh** from a terminal. See https://saltmarsh.example/docs.',
    ),
  },
]
const LIBRARY: Repository[] = [
  ['alpine', 'A minimal Linux of five megabytes', 3.4, 8200],
  ['postgres', 'The PostgreSQL database', 151, 6100],
  ['nginx', 'HTTP server and reverse proxy', 68, 7400],
  ['redis', 'In-memory data store', 44, 4900],
  ['node', 'JavaScript runtime', 388, 5600],
  ['python', 'The Python language', 372, 5900],
].map(([name, about, mib, pulls]) => ({
  ...{ name: String(name), about: String(about), isPublic: true, mib: Number(mib), tags: 6, pulls: Number(pulls) },
  ...{ pushedHours: 30, platforms: [...BOTH, 'linux/s390x'], readme: readme(String(name), `${about}.`) },
}))
const OTHERS: Record<string, Repository[]> = {
  greyheron: [
    {
      name: 'transcoder',
      about: 'Video to adaptive streams',
      isPublic: true,
      mib: 512,
      tags: 6,
      pulls: 88,
      pushedHours: 70,
    },
    { name: 'edge-cache', about: 'Caching proxy for media', mib: 74, tags: 5, pulls: 410, pushedHours: 12 },
  ],
  tidepool: [{ name: 'site', about: 'Our website', isPublic: true, mib: 52, tags: 3, pulls: 9, pushedHours: 500 }],
  oxbow: [
    {
      name: 'gpu-notebook',
      about: 'Jupyter with CUDA',
      isPublic: true,
      mib: 4120,
      tags: 4,
      pulls: 31,
      pushedHours: 44,
    },
  ],
}

/** The same digest for the same words, each time the demo is made. */
const digestOf = (...words: (string | number)[]) =>
  `sha256:${createHash('sha256').update(words.join(' ')).digest('hex')}`

/** Repositories with tags, layers, pulls and stars of the last weeks. Their images are told of, and not in any storage. */
export const seedRepositories = async (ctx: Context, people: People): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const [library] = await tx<{ id: bigint }[]>`insert into account (name, kind, display_name, created_at)
      values ('library', 'organization', 'Official images', ${new Date(ctx.now.getTime() - 380 * DAY_MS)}) returning id`
    const all = { library: LIBRARY, saltmarsh: SALTMARSH, ...OTHERS }
    for (const [account, repositories] of Object.entries(all)) {
      const accountId = account === 'library' ? library!.id : people.accounts.get(account)!
      for (const repository of repositories) await seedRepository(tx, ctx, { accountId, account }, repository)
      await sumUp(tx, ctx, accountId)
    }
    await seedAccess(tx, ctx, people)
  })
}

/** One repository with its tags, layers and days. */
export const seedRepository = async (
  tx: Tx,
  ctx: Context,
  { accountId, account }: { accountId: bigint; account: string },
  of: Repository,
): Promise<void> => {
  const path = `${account}/${of.name}`
  const pushedAt = new Date(ctx.now.getTime() - of.pushedHours * HOUR_MS)
  const [row] = await tx<{ id: bigint }[]>`
    insert into repository (account_id, name, path, visibility, description, readme, official, created_by, created_at,
      pushed_at, pulled_at, pulls)
    values (${accountId}, ${of.name}, ${path}, ${of.isPublic ? 'public' : 'private'}, ${of.about}, ${of.readme ?? ''},
      ${account === 'library'}, 'demo', ${new Date(pushedAt.getTime() - 120 * DAY_MS)}, ${pushedAt},
      ${of.pulls > 0 ? new Date(ctx.now.getTime() - HOUR_MS / 3) : null}, ${of.pulls * 150}) returning id`
  const id = row!.id
  for (let n = 0; n < of.tags; n += 1) await seedTag(tx, id, of, path, n, pushedAt)
  await tx`update repository r set size_bytes = (select coalesce(sum(b.size_bytes), 0) from registry_blob b where b.digest in (
      select digest from registry_layer where repository_id = r.id
      union select digest from registry_manifest where repository_id = r.id)) where id = ${id}`
  // Weekends are quieter, and a little grows every week.
  await tx`insert into registry_day (account_id, repository_id, day, pulls, pushes, egress_bytes, size_bytes)
    select ${accountId}, ${id}, d::date, p, case when extract(isodow from d) < 6 then ${Math.ceil(of.tags / 10)} else 0 end,
      p * ${Math.round(of.mib * MIB * 0.4)}::bigint, (r.size_bytes * (0.82 + 0.18 * (n + 1) / ${DAYS}::numeric))::bigint
    from repository r, generate_series(0, ${DAYS - 1}) n,
      lateral (select (${ctx.now}::timestamptz at time zone 'UTC')::date - (${DAYS - 1} - n) as d) days,
      lateral (select floor(${of.pulls} * (case when extract(isodow from d) < 6 then 1 else 0.35 end)
        * (0.8 + 0.3 * n / ${DAYS}) * (0.85 + 0.3 * ((n * 37 + ${of.tags} * 11) % 17) / 17.0)
        * case when n = ${DAYS - 1} then 0.3 else 1 end)::bigint as p) pulls
    where r.id = ${id}`
}

const seedTag = async (tx: Tx, id: bigint, of: Repository, path: string, n: number, newestAt: Date): Promise<void> => {
  const at = new Date(newestAt.getTime() - n * 2.3 * DAY_MS)
  const name = n === 0 ? 'latest' : `${at.toISOString().slice(0, 10).replaceAll('-', '.')}-${of.tags - n}`
  // The newest dated tag and `latest` are one image.
  const image = n === 1 ? 0 : n
  const platforms = of.platforms ?? ['linux/amd64']
  const children = platforms.map((platform, index) => ({ platform, digest: digestOf(path, image, platform), index }))
  const isIndex = children.length > 1
  const digest = isIndex ? digestOf(path, image, 'index') : (children[0]?.digest ?? '')
  for (const child of children) await seedImage(tx, id, of, path, image, child, at)
  if (isIndex) {
    await tx`insert into registry_manifest (repository_id, digest, media_type, size_bytes, recorded_at)
      values (${id}, ${digest}, 'application/vnd.oci.image.index.v1+json', 1610, ${at}) on conflict do nothing`
    await addBlob(tx, digest, 1610)
    for (const child of children)
      await tx`insert into registry_reference (repository_id, manifest, digest, role, position, media_type, platform, size_bytes)
        values (${id}, ${digest}, ${child.digest}, 'child', ${child.index}, 'application/vnd.oci.image.manifest.v1+json',
          ${child.platform}, 1024) on conflict do nothing`
  }
  await tx`insert into repository_tag (repository_id, name, digest, media_type, size_bytes, platforms, pushed_by, pushed_at,
      pulled_at, pulls)
    values (${id}, ${name}, ${digest}, ${isIndex ? 'application/vnd.oci.image.index.v1+json' : 'application/vnd.oci.image.manifest.v1+json'},
      ${Math.round(of.mib * MIB)}, ${platforms}, 'ci', ${at}, ${at}, ${Math.round((of.pulls * 90) / (n + 1))})
    on conflict do nothing`
}

/** Three layers: a base that all images of the platform share, dependencies that change sometimes, and the program. */
const seedImage = async (
  tx: Tx,
  id: bigint,
  of: Repository,
  path: string,
  image: number,
  child: { platform: string; digest: string },
  at: Date,
): Promise<void> => {
  const bytes = of.mib * MIB
  const parts = [
    { digest: digestOf(path, 'config', image, child.platform), role: 'config', size: 7_420 },
    { digest: digestOf('base', child.platform), role: 'layer', size: Math.min(bytes * 0.3, 29 * MIB) },
    { digest: digestOf(path, 'deps', Math.floor(image / 4), child.platform), role: 'layer', size: bytes * 0.55 },
    { digest: digestOf(path, 'app', image, child.platform), role: 'layer', size: bytes * 0.15 },
  ]
  await tx`insert into registry_manifest (repository_id, digest, media_type, size_bytes, platform, recorded_at)
    values (${id}, ${child.digest}, 'application/vnd.oci.image.manifest.v1+json', 1024, ${child.platform}, ${at})
    on conflict do nothing`
  await addBlob(tx, child.digest, 1024)
  for (const [position, part] of parts.entries()) {
    const size = Math.round(part.size)
    await addBlob(tx, part.digest, size)
    await tx`insert into registry_layer (repository_id, digest, recorded_at) values (${id}, ${part.digest}, ${at})
      on conflict do nothing`
    await tx`insert into registry_reference (repository_id, manifest, digest, role, position, media_type, size_bytes)
      values (${id}, ${child.digest}, ${part.digest}, ${part.role}, ${position},
        ${part.role === 'config' ? 'application/vnd.oci.image.config.v1+json' : 'application/vnd.oci.image.layer.v1.tar+gzip'},
        ${size}) on conflict do nothing`
  }
}

// Never older than a reading of the storage, so that none takes it for lost.
const addBlob = (tx: Tx, digest: string, size: number) =>
  tx`insert into registry_blob (digest, size_bytes, recorded_at) values (${digest}, ${size}, 'infinity')
    on conflict do nothing`

const sumUp = (tx: Tx, ctx: Context, accountId: bigint) => tx`
  insert into registry_account (account_id, size_bytes, updated_at)
  select ${accountId}, coalesce(sum(b.size_bytes), 0), ${ctx.now} from registry_blob b where b.digest in (
    select l.digest from registry_layer l join repository r on r.id = l.repository_id where r.account_id = ${accountId}
    union select m.digest from registry_manifest m join repository r on r.id = m.repository_id
      where r.account_id = ${accountId})`

const seedAccess = async (tx: Tx, ctx: Context, { users, accounts }: People): Promise<void> => {
  const saltmarsh = accounts.get('saltmarsh')!
  for (const { name, team } of SALTMARSH) {
    if (!team) continue
    await tx`insert into repository_team (repository_id, team_id, permission) select r.id, t.id, ${team}
      from repository r, team t where r.account_id = ${saltmarsh} and r.name = ${name}
        and t.account_id = ${saltmarsh} and t.name = 'Pipelines'`
  }
  await tx`insert into repository_collaborator (repository_id, user_id, permission, added_by)
    select id, ${users.get('joana@tidepool.example')!}, 'read', 'iris@saltmarsh.example' from repository
    where account_id = ${saltmarsh} and name in ('api', 'dashboards')`
  await tx`insert into repository_star (repository_id, user_id, created_at)
    select r.id, u.id, ${ctx.now}::timestamptz - (r.id * 7 % 40) * interval '1 day' from repository r
    cross join (select id, row_number() over (order by email) as n from auth_user) u
    where r.visibility = 'public' and (r.official or (r.id + u.n) % 3 = 0)`
  await tx`update repository r set stars = (select count(*) from repository_star s where s.repository_id = r.id)`
  const robots = [
    { name: 'ci', description: 'Builds on every push', every: 'write', expires: 70 },
    { name: 'hosts', description: 'Pulls on production hosts', every: 'read', expires: null },
  ]
  for (const { name, description, every, expires } of robots) {
    const secret = makeRobotSecret()
    await tx`insert into robot (account_id, name, description, hash, hint, every_permission, created_by, created_at,
        expires_at, last_used_at)
      values (${saltmarsh}, ${name}, ${description}, ${hashOf(secret)}, ${robotHint(secret)}, ${every},
        'benedikt@saltmarsh.example', ${new Date(ctx.now.getTime() - 20 * DAY_MS)},
        ${expires === null ? null : new Date(ctx.now.getTime() + expires * DAY_MS)},
        ${new Date(ctx.now.getTime() - HOUR_MS)})`
  }
}
