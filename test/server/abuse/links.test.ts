import fc from 'fast-check'
import { expect, test } from 'vitest'
import { insertUser } from '#server/accounts/createUser.ts'
import { EVERYBODY, isReturning, keepMarks, linksOf, type Mark } from '#server/abuse/links.ts'
import { isPublicProgram, marksOf } from '#server/abuse/marksOf.ts'
import { networkOf, notePayment, noteSignUp } from '#server/abuse/noteIdentity.ts'
import { testDatabase } from '../../support/database.ts'
import { house, sha } from './house.ts'

const { sql } = await testDatabase()
const wharf = await house(sql, { WHARF_ABUSE_BREAKER_ACCOUNTS: '1000', WHARF_ABUSE_BREAKER_SHARE: '1' })
const anonymous = (ip: string) => ({ ...wharf.at(0), actor: { kind: 'anonymous' as const }, ip })

/** Somebody who signed up from an address; gives the account. */
const signUp = async (name: string, ip: string) => {
  const user = { email: `${name}@example.com`, name, password: 'a long enough password' }
  const userId = await sql.begin((tx) => insertUser(tx, anonymous(ip), user))
  const [account] = await sql<{ id: bigint; name: string }[]>`select a.id, a.name from account a
    join account_member m on m.account_id = a.id where m.user_id = ${userId}`
  await noteSignUp(wharf.at(0), { accountId: String(account!.id) })
  return account!
}
/** The number of the first strike of an account, whose program nobody else has. */
const struck = async (account: { name: string }, more: Parameters<typeof wharf.finds>[2] = {}) => {
  const executables = [{ path: '/w', sha256: sha(account.name), deleted: false, memfd: false, busyPercent: 90 }]
  await wharf.finds(await wharf.start(account.name, 'web', 0, `${account.name}-web`), 15, { executables, ...more })
  return (await wharf.strikes(account.name)).map(({ number }) => number)
}

test('an address that two share, or a card, links nobody; both together do', async () => {
  const [old, neighbour, payer, back] = [
    await signUp('old', '203.0.113.7'),
    await signUp('neighbour', '203.0.113.7'),
    await signUp('payer', '203.0.113.9'),
    await signUp('back', '203.0.113.7'),
  ] as const
  for (const { id } of [old, payer, back]) await notePayment(sql, wharf.at(0), id, 'fp_1')
  expect(await struck(old)).toEqual([1])
  expect(await struck(neighbour)).toEqual([1])
  expect(await struck(payer)).toEqual([1])
  expect(await struck(back)).toEqual([3])
  expect(await linksOf(sql, 'back')).toContainEqual({ owner: 'old', kinds: ['address', 'payment'] })
})

test('addresses and cards are kept as hashes that take a key', async () => {
  const account = await signUp('hidden', '198.51.100.20')
  await notePayment(sql, wharf.at(0), account.id, 'fp_hidden')
  const marks = await sql<{ hash: string }[]>`select hash from abuse_mark where owner = 'hidden'`
  expect(marks).toHaveLength(2)
  for (const value of ['198.51.100.20', 'fp_hidden']) {
    expect(marks.map(({ hash }) => hash)).not.toContain(sha(value))
    expect(JSON.stringify(marks)).not.toContain(value)
  }
})

test('who was made by an operator has no address, and an address of IPv6 stands for its network', async () => {
  const operator = { ...wharf.at(0), actor: { kind: 'system' as const, label: 'operator' }, ip: '203.0.113.50' }
  const user = { email: 'made@example.com', name: 'made', password: 'a long enough password' }
  await sql.begin((tx) => insertUser(tx, operator, user))
  const [made] = await sql<{ id: bigint }[]>`select id from account where name = 'made'`
  await noteSignUp(wharf.at(0), { accountId: String(made!.id) })
  expect(await sql`select 1 from abuse_mark where owner = 'made'`).toHaveLength(0)
  expect(networkOf('2001:db8:1:2:aaaa::1')).toBe(networkOf('2001:db8:1:2:bbbb:1:2:3'))
  expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'))
  expect([networkOf('::ffff:203.0.113.7'), networkOf('127.0.0.1'), networkOf('::1'), networkOf('no address')]).toEqual([
    '203.0.113.7',
    null,
    null,
    null,
  ])
})

test('an image of one’s own is a link beside an address; one that is public elsewhere is none', async () => {
  const image = (account: string) => `registry.example/${account}/worker:1`
  for (const [i, imageId] of ['sha256:private', 'sha256:alpine'].entries()) {
    const ip = `198.51.100.${i}`
    const isPublic = imageId === 'sha256:alpine'
    if (isPublic) {
      const seen = { image: 'alpine:3', imageId, action: 'watched' as const, executables: [] }
      await wharf.finds(await wharf.start('stranger', 'web', 0), 15, seen)
    }
    const [first, second] = [await signUp(`first-${i}`, ip), await signUp(`second-${i}`, ip)]
    expect(await struck(first, { image: image(first.name), imageId })).toEqual([1])
    expect(await struck(second, { image: image(second.name), imageId })).toEqual([isPublic ? 1 : 3])
  }
})

test('programs of public images, interpreters, and what others run from such an image link nobody', async () => {
  const ran = (path: string, more = {}) => ({ path, deleted: false, memfd: false, busyPercent: 90, ...more })
  const ours = 'registry.example/acme/worker:1'
  const isPublic: [string, string][] = [
    ['alpine:3', '/usr/bin/openssl'],
    ['ghcr.io/somebody/tool:1', '/app/tool'],
    [ours, '/usr/local/bin/node'],
    [ours, '/usr/bin/python3.13'],
  ]
  for (const [image, path] of isPublic) expect(isPublicProgram(image, ran(path))).toBe(true)
  const isOwn: [string, string, object?][] = [
    [ours, '/usr/bin/worker'],
    [ours, '/app/node'],
    ['alpine:3', '/tmp/x'],
    ['alpine:3', '/memfd:x', { memfd: true }],
    ['alpine:3', '/usr/bin/x', { deleted: true }],
  ]
  for (const [image, path, more] of isOwn) expect(isPublicProgram(image, ran(path, more))).toBe(false)

  const tool = [{ ...ran('/usr/bin/miner'), sha256: sha('a published miner') }]
  await wharf.finds(await wharf.start('browser', 'web', 0), 15, { image: 'somebody/miner:1', executables: tool })
  for (const name of ['copier', 'copier-2']) {
    await wharf.addAccount(name)
    expect(await struck({ name }, { image: ours, executables: tool })).toEqual([1])
  }
  expect(marksOf({ image: 'somebody/miner:1', executables: tool, wallets: [] }, 'copier')).toEqual([])
})

test('no single link raises strikes, whatever else differs; two kinds do, unless everybody has them', async () => {
  const kind = fc.constantFrom('payment', 'address', 'image')
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ kind, value: fc.nat(2), isPublic: fc.boolean() }), { maxLength: 4 }),
      async (shared) => {
        const name = (part: string) => `${part}-${++run}`
        const [old, young] = [name('old'), name('young')]
        const marks = shared.map(({ kind, value }): Mark => ({ kind: kind as Mark['kind'], value: `${old} ${value}` }))
        const own = (owner: string): Mark[] => [
          { kind: 'address', value: owner },
          { kind: 'executable', value: owner },
        ]
        for (const owner of [old, young])
          await keepMarks(sql, wharf.env, owner, [...marks, ...own(owner)], wharf.at(0).now, true)
        const everybodys = marks.filter((_, i) => shared[i]!.isPublic)
        await keepMarks(sql, wharf.env, EVERYBODY, everybodys, wharf.at(0).now, false)
        await sql`insert into abuse_strike (case_id, sighting_id, owner, app, host_id, epoch, image, name, started_at, number,
          carried, at, told_at, expires_at)
        select case_id, sighting_id, ${old}, app, host_id, ${-run}, image, name, started_at, 1, 0, at, told_at, expires_at
        from abuse_strike order by id limit 1`
        const text = ({ kind, value }: Mark) => `${kind} ${value}`
        const hidden = new Set(everybodys.map(text))
        const kinds = new Set(marks.filter((mark) => !hidden.has(text(mark))).map((mark) => mark.kind))
        expect(await isReturning(sql, young, wharf.at(60).now)).toBe(kinds.size >= 2)
      },
    ),
    { numRuns: 40 },
  )
})
