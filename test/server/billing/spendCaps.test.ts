import { describe, expect, test } from 'vitest'
import { liftCap, setBudget } from '#server/billing/setBudget.ts'
import { followCap, settleSpend, watchSpend } from '#server/billing/watchSpend.ts'
import { followHolds } from '#server/hosts/followHolds.ts'
import { issue } from '#server/hosts/command.ts'
import { billingHouse, utc } from './house.ts'
import { CORE_HOUR, spendPlace } from './spendUse.ts'

const house = await billingHouse()
const { sql, ctx } = house
const place = await spendPlace(sql)
const BEGAN = utc('2026-11-01')
/** An hour of a core and two GiB costs 2.64 cents: 1,000 h are 26.40. */
const at = (hours: number) => new Date(BEGAN.getTime() + hours * 3_600_000)

const cloud = async (name: string, containers: readonly (readonly [app: string, container: string])[]) => {
  const id = await house.account(name, '2026-10-01')
  await house.start(id, 'cloud', '2026-11-01')
  await house.person(`${name}-owner`, id)
  await house.person(`${name}-book`, id, 'billing')
  const epochs = []
  for (const [app, container] of containers) epochs.push(await place.container(id, app, container, BEGAN))
  return { id, name, epochs }
}
type Account = Awaited<ReturnType<typeof cloud>>
/** The account's first container has used a thousand times as much in these hours. */
const use = ({ id, epochs }: Account, from: number, until: number, factor = 1_000n) =>
  place.use(id, 'web', epochs[0]!, [at(from), at(until)], {
    cpuUs: CORE_HOUR.cpuUs! * factor,
    memoryMibS: CORE_HOUR.memoryMibS! * factor,
  })
const limit = (account: Account, now: number, rules: Partial<Parameters<typeof setBudget>[2]>) =>
  setBudget(ctx(at(now)), account, { budget: null, cap: null, capAction: 'notify', ...rules })
const settle = ({ id }: Account, now: number) => settleSpend(ctx(at(now)), id)
const commands = async ({ epochs }: { epochs: readonly number[] }) =>
  (
    await sql<{ kind: string; epoch: bigint; state: string; args: { cpuPercent?: number } }[]>`
      select kind, epoch, state, args from command where epoch = any(${[...epochs]}::bigint[]) order by id`
  ).map(({ kind, epoch, state }) => `${kind} ${epochs.indexOf(Number(epoch))} ${state}`)
const finish = ({ epochs }: Account) => sql`update command set state = 'done', delivered_at = now()
  where epoch = any(${epochs}::bigint[]) and state = 'pending'`
const notices = async ({ id }: Account) =>
  (
    await sql<{ kind: string; title: string }[]>`select kind, title from notice where account_id = ${id} order by id`
  ).map(({ kind, title }) => `${kind}: ${title}`)
const audited = async ({ id }: Account) =>
  (
    await sql<{ action: string }[]>`select action from audit_event
      where account_id = ${id} and action like 'billing.cap.%' order by id`
  ).map((row) => row.action)
const state = async ({ id }: Account) =>
  (await sql`select * from spend_state where account_id = ${id} order by period_start`).at(-1)

describe('a budget', () => {
  test('is told of at 50, 80 and 100 %, once each a period, to owners, those who do the billing, and contacts', async () => {
    const account = await cloud('kelp', [['web', 'kelp-1']])
    await sql`update billing_profile set contacts = '{books@example.org}' where account_id = ${account.id}`
    await limit(account, 0, { budget: '100' })
    await use(account, 0, 1)
    await settle(account, 1)
    expect(await notices(account)).toEqual([])
    await use(account, 1, 2)
    await settle(account, 2)
    await settle(account, 2)
    await use(account, 2, 3, 1_200n)
    await settle(account, 3)
    await use(account, 3, 5)
    await settle(account, 5)
    await settle(account, 6)
    expect(await notices(account)).toEqual([
      'budget.reached: 50 % of the budget is spent',
      'budget.reached: 80 % of the budget is spent',
      'budget.reached: The budget is spent',
    ])
    const mails = (await house.jobs('notices.mail')).filter((mail) => String(mail['subject']).includes('kelp'))
    expect(mails.map((mail) => mail['to'])).toEqual([
      // Mere information is mailed by nobody else.
      'books@example.org',
      'kelp-book@example.com',
      'kelp-owner@example.com',
      'books@example.org',
      'kelp-book@example.com',
      'books@example.org',
      'kelp-book@example.com',
    ])
    expect(await commands(account)).toEqual([])
  })

  test('that is raised tells anew', async () => {
    const account = await cloud('dulse', [['web', 'dulse-1']])
    await limit(account, 0, { budget: '20' })
    await use(account, 0, 1)
    await settle(account, 1)
    await limit(account, 1, { budget: '50' })
    await settle(account, 1)
    expect(await notices(account)).toEqual([
      'budget.reached: The budget is spent',
      'budget.reached: 50 % of the budget is spent',
    ])
  })

  test('and a cap are amounts of the currency, the cap not below the budget', async () => {
    const account = await cloud('whelk', [])
    const refused = (rules: Partial<Parameters<typeof setBudget>[2]>) =>
      expect(limit(account, 0, rules)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await refused({ budget: '0' })
    await refused({ budget: '10.005' })
    await refused({ budget: '10', cap: '9.99' })
    const api = house.as({ kind: 'system', label: 'test' }, at(0))
    await expect(
      api.billing.profile.setBudget({ account: 'whelk', budget: '-1', cap: null, capAction: 'stop' }),
    ).rejects.toThrow('an amount such as 2250')
    await api.billing.profile.setBudget({ account: 'whelk', budget: '2,250.50', cap: '2700', capAction: 'stop' })
    expect(await api.billing.profile.get({ account: 'whelk' })).toMatchObject({
      budgetMinor: 225_050n,
      capMinor: 270_000n,
      capAction: 'stop',
    })
  })
})

describe('a spend cap', () => {
  test('warns at 80 %, and at the cap stops what runs but for protected apps, once, whoever looks', async () => {
    const account = await cloud('laver', [
      ['web', 'laver-1'],
      ['web', 'laver-2'],
      ['dns', 'laver-3'],
      ['web', 'laver-4'],
    ])
    await sql`update app set protected_at = now() where account_id = ${account.id} and name = 'dns'`
    await place.end(account.epochs[3]!, at(1))
    await limit(account, 0, { cap: '100', capAction: 'stop' })
    await use(account, 0, 3, 1_100n)
    await settle(account, 3)
    await settle(account, 3)
    expect(await notices(account)).toEqual(['cap.near: Spending nears the cap'])
    await use(account, 3, 4)
    await Promise.all([
      settle(account, 4),
      settle(account, 4),
      watchSpend(ctx(at(4)), { accountIds: [String(account.id)] }),
    ])
    expect(await notices(account)).toEqual([
      'cap.near: Spending nears the cap',
      'cap.reached: The spend cap is reached: containers are stopped',
    ])
    expect(await commands(account)).toEqual(['stop 0 pending', 'stop 1 pending'])
    expect(await audited(account)).toEqual(['billing.cap.cross'])
    expect(await state(account)).toMatchObject({ cappedAt: at(4), capCrossedAt: at(4), liftedAt: null })
  })

  test('holds for what is started later, and lets go of all it stopped, and nothing else, when an owner lifts it', async () => {
    const account = await cloud('wrack', [
      ['web', 'wrack-1'],
      ['web', 'wrack-2'],
    ])
    await issue(sql, ctx(at(0)), {
      hostId: place.hostId,
      epoch: account.epochs[1]!,
      containerId: 'x',
      kind: 'stop',
      reason: 'by hand',
      key: 'by-hand:wrack-2',
    })
    await finish(account)
    await place.end(account.epochs[1]!, at(1))
    await limit(account, 0, { cap: '20', capAction: 'stop' })
    await use(account, 0, 1)
    await settle(account, 1)
    account.epochs.push(await place.container(account.id, 'web', 'wrack-3', at(1)))
    await watchSpend(ctx(at(1.1)), {})
    expect(await commands(account)).toEqual(['stop 1 done', 'stop 0 pending', 'stop 2 pending'])
    // The agent has fetched one of the two.
    await sql`update command set delivered_at = now() where epoch = ${account.epochs[0]!}`
    await liftCap(ctx(at(2)), account)
    await settle(account, 2)
    await settle(account, 3)
    expect(await commands(account)).toEqual(['stop 1 done', 'stop 0 pending', 'stop 2 expired', 'restart 0 pending'])
    expect(await audited(account)).toEqual(['billing.cap.cross', 'billing.cap.lift'])
    await expect(liftCap(ctx(at(3)), account)).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  test('that is raised lets go, and acts again when the higher one is reached', async () => {
    const account = await cloud('carrageen', [['web', 'carrageen-1']])
    await limit(account, 0, { cap: '20', capAction: 'stop' })
    await use(account, 0, 1)
    await settle(account, 1)
    await finish(account)
    await place.end(account.epochs[0]!, at(1))
    await limit(account, 2, { cap: '30', capAction: 'stop' })
    expect(await commands(account)).toEqual(['stop 0 done', 'restart 0 pending'])
    expect(await notices(account)).toContain('cap.lifted: The spend cap no longer holds')
    await settle(account, 2)
    await finish(account)
    account.epochs.push(await place.container(account.id, 'web', 'carrageen-2', at(2)))
    await use(account, 2, 3)
    await settle(account, 3)
    expect((await commands(account)).slice(2)).toEqual(['stop 1 pending'])
    // Raised to less than what is spent already, it goes on to hold.
    await limit(account, 4, { cap: '40', capAction: 'stop' })
    await settle(account, 4)
    expect((await commands(account)).slice(2)).toEqual(['stop 1 pending'])
  })

  test('that throttles leaves a tenth of a core, also to what was started again, and gives it back', async () => {
    const account = await cloud('tangle', [['web', 'tangle-1']])
    await limit(account, 0, { cap: '20', capAction: 'throttle' })
    await use(account, 0, 1)
    await settle(account, 1)
    const [command] = await sql`select kind, args from command where epoch = ${account.epochs[0]!}`
    expect(command).toMatchObject({ kind: 'throttle', args: { cpuPercent: 10 } })
    await finish(account)
    // The container's next life is throttled already by its engine: what undoes it must mean that life.
    await place.end(account.epochs[0]!, at(2))
    const [{ containerId }] = await sql<
      [{ containerId: string }]
    >`select container_id from epoch where epoch = ${account.epochs[0]!}`
    await sql`insert into epoch select host_id, epoch + 1, kind, boot_id, object_id, started_at, segment, ${at(2)}, witnessed,
      container_id, name, image, image_id, labels, limits, null from epoch where epoch = ${account.epochs[0]!}`
    expect(containerId).toHaveLength(64)
    await limit(account, 3, { cap: null, capAction: 'throttle' })
    const last = await sql`select kind, epoch from command where container_id = ${containerId} order by id desc limit 1`
    expect(last[0]).toMatchObject({ kind: 'unthrottle', epoch: BigInt(account.epochs[0]! + 1) })
  })

  test('ends with its period', async () => {
    const account = await cloud('oarweed', [['web', 'oarweed-1']])
    await limit(account, 0, { cap: '20', capAction: 'stop' })
    await use(account, 0, 1)
    await settle(account, 1)
    await finish(account)
    await place.end(account.epochs[0]!, at(1))
    await watchSpend(ctx(utc('2026-11-30 23:59')), {})
    expect(await commands(account)).toEqual(['stop 0 done'])
    await watchSpend(ctx(utc('2026-12-01 00:00')), {})
    await watchSpend(ctx(utc('2026-12-01 00:01')), {})
    expect(await commands(account)).toEqual(['stop 0 done', 'restart 0 pending'])
    expect((await notices(account)).at(-1)).toBe('cap.lifted: The spend cap no longer holds')
    expect(await state(account)).toMatchObject({ periodStart: utc('2026-12-01'), cappedAt: null })
  })

  test('of a suspended account lets go only once it is no longer suspended', async () => {
    const account = await cloud('badderlocks', [['web', 'badderlocks-1']])
    await limit(account, 0, { cap: '20', capAction: 'stop' })
    await use(account, 0, 1)
    await settle(account, 1)
    await finish(account)
    await place.end(account.epochs[0]!, at(1))
    await sql`insert into account_hold (account_id, kind, reason, placed_by) values (${account.id}, 'abuse', 'mining', 'admin')`
    await liftCap(ctx(at(2)), account)
    const waits = (await house.jobs('billing.follow_cap')).filter((job) => job['accountId'] === String(account.id))
    expect(waits).toHaveLength(1)
    await followCap(ctx(at(2)), { accountId: String(account.id) })
    expect(await commands(account)).toEqual(['stop 0 done'])
    await sql`update account_hold set lifted_at = now() where account_id = ${account.id}`
    await followHolds(ctx(at(3)), { accountId: String(account.id) })
    await followCap(ctx(at(3)), { accountId: String(account.id) })
    await followCap(ctx(at(3)), { accountId: String(account.id) })
    expect(await commands(account)).toEqual(['stop 0 done', 'restart 0 pending'])
  })

  test('that only tells stops nothing', async () => {
    const account = await cloud('bladderwrack', [['web', 'bladderwrack-1']])
    await limit(account, 0, { cap: '20', capAction: 'notify' })
    await use(account, 0, 1)
    await settle(account, 1)
    await settle(account, 2)
    expect(await notices(account)).toEqual(['cap.reached: The spend cap is reached'])
    expect(await commands(account)).toEqual([])
    await expect(liftCap(ctx(at(2)), account)).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})

describe('a billing profile', () => {
  const edit = {
    name: 'Saltmarsh',
    address: ['Kade 1', '1011 AB Amsterdam'],
    country: 'nl',
    taxId: 'nl123456789b01',
    reference: '',
    contacts: ['Books@example.org', 'books@example.org'],
  }
  test('keeps what the customer says, in the form that the country has', async () => {
    const account = await cloud('saltmarsh', [])
    const api = house.as({ kind: 'system', label: 'test' }, at(0))
    await api.billing.profile.edit({ account: 'saltmarsh', ...edit })
    expect(await api.billing.profile.get({ account: 'saltmarsh' })).toMatchObject({
      name: 'Saltmarsh',
      address: ['Kade 1', '1011 AB Amsterdam'],
      country: 'NL',
      taxId: 'NL123456789B01',
      reference: null,
      contacts: ['books@example.org'],
      currency: 'EUR',
      driver: 'manual',
      card: null,
    })
    const [seen] =
      await sql`select action from audit_event where account_id = ${account.id} and action = 'billing.profile.edit'`
    expect(seen).toBeDefined()
  })
  test.each([
    [{ country: 'XX' }, 'country'],
    [{ country: null }, 'country'],
    [{ country: 'DE' }, 'taxId'],
  ])('refuses %o', async (wrong, path) => {
    const api = house.as({ kind: 'system', label: 'test' }, at(0))
    const refusal = api.billing.profile.edit({ account: 'saltmarsh', ...edit, ...wrong })
    await expect(refusal).rejects.toMatchObject({ code: 'BAD_REQUEST', cause: { path } })
  })
})
