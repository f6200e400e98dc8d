import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureFirstOperator } from '#server/accounts/firstOperator.ts'
import { actorOfToken } from '#server/accounts/identify.ts'
import { house, secretIn } from './house.ts'

const h = await house()
const anonymous = { kind: 'anonymous' } as const
const who = { name: 'Harbour master', email: 'harbour@example.com', password: 'a long enough one' }
const file = join(h.env.dataDir, 'operator-token')
const kept = async () => (await readFile(file, 'utf8')).trim()

test('until there is an operator each start has a link of its own, and the one before is void', async () => {
  const before = secretIn((await ensureFirstOperator(h.ctx())).link)
  const token = secretIn((await ensureFirstOperator(h.ctx())).link)
  const state = (text: string, now = new Date()) => h.as(anonymous, now).accounts.firstRunState({ token: text })
  expect([await state(before), await state(token), await state('')]).toEqual(['wrong', 'open', 'wrong'])
  expect(await state(token, new Date(Date.now() + 86_500_000))).toBe('wrong')
  await expect(h.as(anonymous).accounts.completeFirstRun({ token: before, ...who })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  })
})

test('the link makes one operator, however often it is used at once, and is closed from then on', async () => {
  const token = secretIn((await ensureFirstOperator(h.ctx())).link)
  const uses = [1, 2, 3].map((n) =>
    h.as(anonymous).accounts.completeFirstRun({ token, ...who, email: `first-${n}@example.com` }),
  )
  expect((await Promise.allSettled(uses)).filter((use) => use.status === 'fulfilled')).toHaveLength(1)
  expect(await h.sql`select distinct user_id from platform_role`).toHaveLength(1)
  expect(await h.as(anonymous).accounts.firstRunState({ token })).toBe('done')
  expect(await ensureFirstOperator(h.ctx())).toEqual({})
})

test('the operator token is a robot of all scopes in a file for its owner alone, kept over starts', async () => {
  const token = await kept()
  expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600')
  const actor = await actorOfToken(h.sql, token, new Date())
  expect(actor).toMatchObject({
    kind: 'token',
    userId: null,
    roles: ['operator', 'admin'],
    scopes: ['read', 'write', 'operate', 'admin'],
  })
  await ensureFirstOperator(h.ctx())
  expect(await kept()).toBe(token)
  expect((await h.as(actor).accounts.totals()).accounts).toBe(1)
})

test('an operator token that is not valid is made anew, mode 600 again', async () => {
  await writeFile(file, 'wharf_nonsense\n')
  await chmod(file, 0o644)
  await ensureFirstOperator(h.ctx())
  expect((await actorOfToken(h.sql, await kept(), new Date())).kind).toBe('token')
  expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600')
  const again = await kept()
  await h.sql`update api_token set revoked_at = now() where user_id is null`
  await ensureFirstOperator(h.ctx())
  expect(await kept()).not.toBe(again)
})
