import { z } from 'zod'
import type { Context } from '../context.ts'
import { log } from '../log.ts'
import { HOUR_MS, hourOf } from '../time.ts'
import { admin, operator, router } from '../trpc.ts'
import { collectGarbage, refusesCollection } from './collectGarbage.ts'
import { registryHealth } from './health.ts'
import { reconcile } from './reconcile.ts'
import { registryConfig } from './registryConfig.ts'
import { rotateKeys } from './rotateKeys.ts'
import { theRegistry } from './running.ts'
import { eventsSecret, uploadsSecret } from './secrets.ts'
import {
  collections,
  crossCheck,
  eventFlow,
  frontState,
  largestAccounts,
  reconciliations,
  totals,
  trafficHours,
} from './storageSql.ts'
import { certificateBundle } from './tokenKeys.ts'

/** Where a reader may wait for it: it goes on when they leave. */
const inBackground = (work: Promise<unknown>) => void work.catch((error: unknown) => log.warn({ err: error }, 'failed'))

const statusOf = async ({ sql, now }: Context) => {
  const running = theRegistry()
  const [events, check, recent, collected, sums, largest, front, health] = await Promise.all([
    eventFlow(sql, now),
    crossCheck(sql, hourOf(now.getTime() - 24 * HOUR_MS)),
    reconciliations(sql, 10),
    collections(sql, 10),
    totals(sql),
    largestAccounts(sql, 10),
    frontState(sql, now),
    registryHealth(),
  ])
  return {
    isRunning: running !== undefined,
    isOurs: running?.process !== undefined,
    refusesCollection: refusesCollection(running) ?? null,
    health,
    events,
    check,
    totals: sums,
    largest,
    front,
    reconciliations: recent,
    collections: collected,
  }
}

export const storageRouter = router({
  /** The registry's health: notifications against the front, the record against storage, collections. */
  status: operator.query(({ ctx }) => statusOf(ctx)),
  /** Pulls, pushes and bytes by hour. */
  hours: operator
    .input(z.object({ days: z.number().int().min(1).max(31).default(7) }))
    .query(({ ctx, input }) => trafficHours(ctx.sql, hourOf(ctx.now.getTime() - input.days * 24 * HOUR_MS))),
  reconcile: operator.mutation(({ ctx }) => reconcile(ctx)),
  /** Begins a collection and gives at once; `status` tells when it is over. With `wait` it gives what was freed. */
  collect: operator.input(z.object({ wait: z.boolean().default(false) })).mutation(async ({ ctx, input }) => {
    const work = collectGarbage(ctx)
    if (input.wait) return work
    inBackground(work)
    // What refuses at once is told at once.
    return Promise.race([work, new Promise<null>((resolve) => setTimeout(resolve, 1_000, null))])
  }),
  rotateKeys: admin.mutation(async ({ ctx }) => ({ signsFrom: await rotateKeys(ctx) })),
  /** What a registry that is run elsewhere is configured with: the whole file, and the certificates it names. */
  config: admin.query(async ({ ctx }) => ({
    config: registryConfig({
      storageDir: '/var/lib/docker-registry',
      bundlePath: '/etc/docker/registry/tokens.pem',
      port: 5000,
      publicUrl: ctx.env.publicUrl,
      ownUrl: ctx.env.publicUrl,
      eventsSecret: eventsSecret(ctx.env.secret),
      httpSecret: uploadsSecret(ctx.env.secret),
    }),
    certificates: await certificateBundle(ctx.sql, ctx.now),
  })),
})
