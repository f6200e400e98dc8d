import { expect, test } from 'vitest'
import { identify } from '#server/accounts/identify.ts'
import { cookiesOf, house } from './house.ts'

const h = await house({ WHARF_OPEN_SIGN_UP: '1' })
const body = (email: string) => ({ email, name: 'Kai', password: 'a long enough one', callbackURL: '/' })

test('whoever signs up gets in once the mail has proven the address, and has an account of their own', async () => {
  expect((await h.send('/sign-up/email', body('kai@example.com'))).status).toBe(200)
  const early = await h.send('/sign-in/email', { email: 'kai@example.com', password: 'a long enough one' })
  expect(early.status).toBe(403)
  const [, link] = (await h.mails('kai@example.com'))[0]?.split('\n\n') ?? []
  const url = new URL(link ?? '')
  const verified = await h.send(`${url.pathname.replace('/api/auth', '')}${url.search}`, undefined)
  const actor = await identify(h, new Headers({ cookie: cookiesOf(verified) }))
  expect((await h.as(actor).accounts.me()).accounts).toMatchObject([{ name: 'kai', role: 'owner', holds: [] }])
})

test('signing up with an address that has a user looks the same, and changes nothing', async () => {
  const fresh = await h.send('/sign-up/email', body('lena@example.com'))
  await h.send('/sign-up/email', { ...body('lena@example.com'), password: 'the password of a thief' })
  const again = await h.send('/sign-up/email', body('lena@example.com'))
  const shape = async (response: Response) => [
    response.status,
    Object.keys((await response.json()) as object).toSorted(),
  ]
  expect(await shape(again)).toEqual(await shape(fresh))
  expect(await h.sql`select 1 from auth_user where email = 'lena@example.com'`).toHaveLength(1)
  expect(await h.auditOf('accounts.password.change')).toEqual([])
})
