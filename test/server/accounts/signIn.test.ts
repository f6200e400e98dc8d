import { expect, test } from 'vitest'
import { ensureFirstOperator } from '#server/accounts/firstOperator.ts'
import { identify } from '#server/accounts/identify.ts'
import { house } from './house.ts'

const h = await house({ WHARF_ADMIN_EMAIL: 'harbour@example.com', WHARF_ADMIN_PASSWORD: 'a long enough one' })

test('the operator that the environment names signs in and is known by the cookie', async () => {
  expect(await ensureFirstOperator(h.ctx())).toEqual({})
  const cookie = await h.signIn('harbour@example.com', 'a long enough one')
  const actor = await identify(h, new Headers({ cookie }))
  expect(actor).toMatchObject({ kind: 'user', email: 'harbour@example.com', roles: ['admin', 'operator'] })
})
