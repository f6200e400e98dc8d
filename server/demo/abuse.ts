import type { Sql } from '#db/client.ts'
import { sha256Hex } from '#agents/protocol.ts'
import type { AbuseFinding, Observation } from '#agents/rules.ts'
import { publish } from '../abuse/bundle.ts'
import { openDispute } from '../abuse/dispute.ts'
import { judge } from '../abuse/judge.ts'
import { overrule } from '../abuse/overrule.ts'
import type { Context } from '../context.ts'
import { DAY_MS, FOREVER_HOUR, HOUR_MS } from '../time.ts'
import { keepFindings } from '../usage/findings.ts'
import type { People } from './people.ts'

const at = (ctx: Context, msAgo: number): Context => ({ ...ctx, now: new Date(ctx.now.getTime() - msAgo) })

type Life = { hostId: number; epoch: bigint; containerId: string; name: string; image: string; app: string }

/** Lives of the account's app that had the most of them, newest first. */
export const livesOf = async (sql: Sql, accountId: bigint): Promise<Life[]> => [
  ...(await sql<Life[]>`
    with mine as (
      select e.host_id, e.epoch, e.object_id as container_id, e.name, e.image, t.app, e.opened_at,
        count(*) over (partition by t.app) as lives
      from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch and e.kind = 'container'
      where t.account_id = ${accountId} and t.until_hour = ${FOREVER_HOUR}
    )
    select host_id, epoch, container_id, name, image, app from mine
    where app = (select app from mine order by lives desc, app limit 1) order by opened_at desc limit 3`),
]

const exe = (of: string) => sha256Hex(`demo executable ${of}`)

export const mining = (of: string): Observation[] => [
  {
    signal: 'memory.randomx_geometry',
    value: 2344,
    heldS: 4,
    exeSha256: exe(of),
    excerpt: '7f21c4000000-7f2156800000 rw-p 2344 MiB, beside 2 MiB r-xp, 4 busy threads',
  },
  {
    signal: 'memory.dataset_entropy',
    value: 1,
    heldS: 0,
    exeSha256: exe(of),
    excerpt: '64 of 64 pages picked at random are incompressible',
  },
  {
    signal: 'memory.stratum_words',
    value: 4,
    heldS: 0,
    exeSha256: exe(of),
    excerpt: '{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"4Ad…","agent":"w/6"}}',
  },
  {
    signal: 'net.established',
    value: 'eu.pool.supportxmr.com:443',
    heldS: 3,
    excerpt: '10.4.0.12:41022 to eu.pool.supportxmr.com:443',
  },
  { signal: 'cpu.flat_busy', value: 99, heldS: 70 },
]

/** One finding of an agent at that moment, judged by the code that judges always. */
export const find = async (
  ctx: Context,
  life: Life,
  more: Partial<AbuseFinding['abuse']> & { secondsUp?: number },
): Promise<void> => {
  const { secondsUp = 14, ...abuse } = more
  const system: Context = { ...ctx, actor: { kind: 'system', label: 'system' } }
  const nowMs = 10_000_000
  const id = sha256Hex(`demo ${life.hostId} ${life.epoch} ${ctx.now.toISOString()}`).slice(0, 32)
  await keepFindings(system, life.hostId, 'before the demo', [
    {
      id,
      kind: 'abuse',
      epoch: Number(life.epoch),
      monoMs: nowMs,
      abuse: {
        bundle: 1,
        action: 'stopped',
        points: 0,
        observations: [],
        containerId: life.containerId,
        name: life.name,
        image: life.image,
        account: null,
        app: life.app,
        startedMonoMs: nowMs - secondsUp * 1000,
        actedMonoMs: nowMs,
        executables: [{ path: '/app/w', sha256: exe(life.image), deleted: true, memfd: false, busyPercent: 99 }],
        wallets: [],
        ...abuse,
      },
    },
  ])
  await judge(system, { hostId: life.hostId, findingId: id })
}

/**
 * Cases of the past: an offender on its third strike, a dispute under way, one that was wrong. What is watched, slowed and stopped
 * while the demo runs comes from its fleet.
 */
export const seedAbuse = async (ctx: Context, { accounts }: People): Promise<void> => {
  await publish(at(ctx, 20 * DAY_MS))
  const account = (name: string) => ({ name, id: accounts.get(name)! })

  const offender = await livesOf(ctx.sql, account('quietfern').id)
  for (const [i, life] of offender.entries()) {
    const then = at(ctx, (offender.length - i) * 19 * HOUR_MS)
    await find(then, life, {
      observations: mining('quietfern'),
      wallets: ['48edfHu7V9Z84YzzMa6fUueoELZ9ZRXq9VetWzYGzKt52XU5xvqgzYnDK9'],
    })
  }

  const [disputed] = await livesOf(ctx.sql, account('dunlin').id)
  if (disputed) {
    await find(at(ctx, 9 * HOUR_MS), disputed, { observations: mining('dunlin').slice(0, 3), secondsUp: 22 })
    await disputeLast(
      at(ctx, 5 * HOUR_MS),
      account('dunlin'),
      'This is our simulation of tides. It keeps 2 GiB of state.',
    )
    const looked = { path: '/app/tides', sha256: exe('dunlin'), deleted: false, memfd: false, busyPercent: 94 }
    await find(at(ctx, 2 * HOUR_MS), disputed, {
      action: 'captured',
      executables: [looked],
      busyS: 2_900,
      secondsUp: 7_200,
    })
  }

  const [wrong] = await livesOf(ctx.sql, account('oxbow').id)
  if (wrong) {
    await find(at(ctx, 12 * DAY_MS), wrong, { observations: mining('oxbow').slice(0, 3), secondsUp: 31 })
    const [found] = await ctx.sql<
      { id: bigint }[]
    >`select id from abuse_case where owner = 'oxbow' order by id desc limit 1`
    const words = 'A proof-of-work paper’s reference program, run by its authors with our consent.'
    if (found) await overrule(at(ctx, 11.8 * DAY_MS), found.id, 'clear', words)
  }
}

const disputeLast = async (ctx: Context, account: { id: bigint; name: string }, words: string) => {
  const [found] = await ctx.sql<
    { id: bigint }[]
  >`select id from abuse_case where owner = ${account.name} order by id desc limit 1`
  if (found) await openDispute(ctx, account, found.id, words)
}
