import { z } from 'zod'
import { COMMAND_KINDS } from '#agents/protocol.ts'
import { DomainError } from '../errors.ts'
import { operator, router } from '../trpc.ts'
import { clusterNamed, createCluster, editCluster } from './cluster.ts'
import { containerDetail, containerSeries } from './containerDetail.ts'
import { readContainers } from './containerSql.ts'
import { fleet } from './fleet.ts'
import { countForRail } from './fleetSql.ts'
import { hostList } from './hostList.ts'
import { hostSeries } from './hostSeries.ts'
import { countContainers, readHostDetail, readHosts, readPending } from './hostSql.ts'
import { countQuarantine, listQuarantine, readArrivals, readCoverage } from './ingestSql.ts'
import { createJoinToken, revokeJoinToken } from './joinToken.ts'
import { operate } from './operate.ts'
import { reviewQuarantine } from './reviewQuarantine.ts'
import { revokeHost, revokeKey } from './revoke.ts'
import { listClusters, listCommands, listJoinTokens, listKeys } from './sql.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/, 'a number')
  .transform(BigInt)
const hostId = z.number().int().positive().max(2_147_483_647)
const epoch = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)
const limit = z.number().int().min(1).max(200).default(50)
const text = z.string().trim().max(200)
const window = z.enum(['1h', '6h', '24h', '7d']).default('1h')
const reason = z.string().trim().min(3, 'say why in a few words').max(500)
const clusterName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$/, 'lower-case letters, digits and dashes, 2 to 40 of them')
const policy = z.object({
  kind: z.enum(['free', 'paid', 'internal']),
  labelTrust: z.enum(['platform', 'tenant', 'signed']).default('platform'),
  tenantAccount: z.string().max(64).nullable().default(null),
})
const count = z.number().int().nonnegative().optional()

const clusters = router({
  list: operator.query(({ ctx }) => listClusters(ctx.sql)),
  create: operator
    .input(policy.extend({ name: clusterName }))
    .mutation(async ({ ctx, input }) => ({ id: String(await createCluster(ctx, input)) })),
  edit: operator.input(policy.extend({ id })).mutation(async ({ ctx, input }) => {
    await editCluster(ctx, input.id, input)
    return { id: String(input.id) }
  }),
})

const joinTokens = router({
  list: operator.query(({ ctx }) => listJoinTokens(ctx.sql, ctx.now)),
  /** The token is in this answer and nowhere else. `publicUrl` is where the new host will look for us. */
  create: operator
    .input(
      z.object({
        cluster: z.string().max(64).default('local'),
        maxUses: z.number().int().min(1).max(1_000).default(1),
        expiresInHours: z.number().int().min(1).max(720).default(24),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const clusterId = await clusterNamed(ctx, input.cluster)
      const made = await createJoinToken(ctx, { ...input, clusterId })
      return { ...made, cluster: input.cluster, publicUrl: ctx.env.publicUrl }
    }),
  revoke: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await revokeJoinToken(ctx, input.id)
    return { id: String(input.id) }
  }),
})

const containers = router({
  list: operator
    .input(
      z.object({
        hostId: hostId.optional(),
        account: z.string().max(64).optional(),
        text: text.optional(),
        state: z.enum(['running', 'ended', 'all']).default('running'),
        /** `HOST:EPOCH` of the last row of the page before. */
        cursor: z
          .string()
          .regex(/^\d+:\d+$/, 'the cursor of the page before')
          .optional(),
        limit,
      }),
    )
    .query(async ({ ctx, input }) => {
      const [afterHost, afterEpoch] = input.cursor?.split(':').map(Number) ?? []
      const after =
        afterHost === undefined || afterEpoch === undefined ? undefined : { hostId: afterHost, epoch: afterEpoch }
      const found = await readContainers(ctx.sql, {
        ...input,
        text: input.text || undefined,
        after,
        limit: input.limit + 1,
      })
      const rows = found.slice(0, input.limit)
      const last = found.length > rows.length ? rows.at(-1) : undefined
      return { rows, nextCursor: last ? `${last.hostId}:${last.epoch}` : null }
    }),
  get: operator
    .input(z.object({ hostId, epoch }))
    .query(({ ctx, input }) => containerDetail(ctx, input.hostId, input.epoch)),
  series: operator
    .input(z.object({ hostId, epoch, window }))
    .query(({ ctx, input }) => containerSeries(ctx, input.hostId, input.epoch, input.window)),
  /** Asks the host's agent to act on exactly this life of the container. */
  command: operator
    .input(
      z.object({
        hostId,
        epoch,
        kind: z.enum(COMMAND_KINDS).exclude(['recreate', 'remove_volume']),
        args: z
          .object({ cpuPercent: count, memoryMib: count, cpuMilli: count, diskMib: count, graceSeconds: count })
          .default({}),
        reason,
        key: z.string().uuid().optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const args = Object.fromEntries(Object.entries(input.args).filter(([, value]) => value !== undefined))
      return { id: await operate(ctx, { ...input, args }) }
    }),
})

const quarantine = router({
  list: operator
    .input(
      z.object({
        hostId: hostId.optional(),
        kind: z.enum(['row', 'conflict']).optional(),
        open: z.boolean().default(true),
        cursor: id.optional(),
        limit,
      }),
    )
    .query(async ({ ctx, input }) => {
      const found = await listQuarantine(ctx.sql, { ...input, before: input.cursor, limit: input.limit + 1 })
      const rows = found.slice(0, input.limit)
      return { rows, nextCursor: found.length > rows.length ? (rows.at(-1)?.id ?? null) : null }
    }),
  review: operator
    .input(z.object({ ids: z.array(id).min(1).max(200) }))
    .mutation(async ({ ctx, input }) => ({ reviewed: await reviewQuarantine(ctx, input.ids) })),
})

/** Hosts, their containers and how their reports arrive; for operators. */
export const hostsRouter = router({
  fleet: operator.query(({ ctx }) => fleet(ctx)),
  /** The figures beside the operator's navigation. */
  counts: operator.query(async ({ ctx }) => ({ ...(await countForRail(ctx.sql)), demo: ctx.env.WHARF_DEMO })),
  list: operator
    .input(
      z
        .object({
          text: text.optional(),
          cluster: z.string().max(64).optional(),
          state: z.enum(['reporting', 'stale', 'never', 'revoked']).optional(),
          sort: z.enum(['state', 'name', 'cpu', 'memory', 'lastReport']).default('state'),
          /** Id of the last row of the page before. */
          cursor: hostId.optional(),
          limit,
        })
        .default({ sort: 'state', limit: 50 }),
    )
    .query(({ ctx, input }) => hostList(ctx, input)),
  get: operator.input(z.object({ hostId })).query(async ({ ctx, input }) => {
    const [host] = await readHosts(ctx.sql, ctx.now, { id: input.hostId, withRevoked: true })
    if (!host) throw new DomainError('NOT_FOUND', `no host ${input.hostId}`)
    const [detail, keys, commands, pending, counts] = await Promise.all([
      readHostDetail(ctx.sql, input.hostId),
      listKeys(ctx.sql, input.hostId, ctx.now),
      listCommands(ctx.sql, input.hostId, { limit: 20 }),
      readPending(ctx.sql, input.hostId),
      countContainers(ctx.sql, [input.hostId]),
    ])
    return { host, ...detail, keys, commands, pending: pending[0] ?? null, containers: counts.get(input.hostId) ?? 0 }
  }),
  series: operator
    .input(z.object({ hostId, window }))
    .query(({ ctx, input }) => hostSeries(ctx, input.hostId, input.window)),
  revoke: operator.input(z.object({ hostId, reason })).mutation(async ({ ctx, input }) => {
    await revokeHost(ctx, input.hostId, input.reason)
    return { hostId: input.hostId }
  }),
  revokeKey: operator.input(z.object({ hostId, keyId: hostId, reason })).mutation(async ({ ctx, input }) => {
    await revokeKey(ctx, input.hostId, input.keyId, input.reason)
    return { keyId: input.keyId }
  }),
  /** How reports arrive: coverage of the last hour, holes, skewed clocks, incomplete inspections. */
  ingest: operator.query(async ({ ctx }) => {
    const [hosts, pending, quarantined, arrivals, coverage] = await Promise.all([
      readHosts(ctx.sql, ctx.now),
      readPending(ctx.sql),
      countQuarantine(ctx.sql),
      readArrivals(ctx.sql, ctx.now),
      readCoverage(ctx.sql, ctx.now),
    ])
    const brief = hosts.map(({ id: one, name, state, skewMs, complete, failures, lastReportAt }) => ({
      id: one,
      name,
      state,
      skewMs,
      complete,
      failures,
      lastReportAt,
    }))
    return {
      hosts: hosts.length,
      reporting: hosts.filter(({ state }) => state === 'reporting').length,
      stale: brief.filter(({ state }) => state === 'stale').slice(0, 100),
      skewed: brief.filter(({ skewMs }) => Math.abs(skewMs) > SKEW_SHOWN_MS).slice(0, 100),
      incomplete: brief.filter(({ complete }) => !complete).slice(0, 100),
      pending,
      quarantined,
      arrivals,
      coverage,
    }
  }),
  clusters,
  joinTokens,
  containers,
  quarantine,
})

/** A clock off by less is nothing an operator would mend. */
const SKEW_SHOWN_MS = 5_000
