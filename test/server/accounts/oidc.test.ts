import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { identify } from '#server/accounts/identify.ts'
import { cookiesOf, house } from './house.ts'

/** An OpenID provider that knows one person at a time: discovery, token and userinfo, as OpenID Connect Core 1.0 says. */
let person: { sub: string; email: string; email_verified: boolean; name: string }
const provider = createServer((req, res) => {
  const issuer = `http://${req.headers.host}`
  const answers: Record<string, unknown> = {
    '/.well-known/openid-configuration': {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
    },
    '/token': { access_token: 'access', token_type: 'Bearer', expires_in: 60 },
    '/userinfo': person,
  }
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify(answers[req.url ?? ''] ?? {}))
})
await new Promise<void>((ready) => provider.listen(0, '127.0.0.1', ready))
afterAll(() => new Promise<void>((closed) => provider.close(() => closed())))
const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
const h = await house({ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'wharf', OIDC_CLIENT_SECRET: 'secret' })

const signIn = async (who: typeof person) => {
  person = who
  const start = await h.send('/sign-in/oauth2', {
    providerId: 'oidc',
    callbackURL: '/ops',
    errorCallbackURL: '/sign-in',
  })
  const { url } = (await start.json()) as { url: string }
  const state = new URL(url).searchParams.get('state') ?? ''
  const back = `/oauth2/callback/oidc?code=one&state=${encodeURIComponent(state)}`
  return h.send(back, undefined, { cookie: cookiesOf(start) })
}

test('somebody known by a proven address signs in through the provider, which is linked and audited', async () => {
  const { userId } = await h.person('mira@example.com')
  const done = await signIn({ sub: '7', email: 'mira@example.com', email_verified: true, name: 'Mira' })
  expect(done.headers.get('location')).toContain('/ops')
  expect(await identify(h, new Headers({ cookie: cookiesOf(done) }))).toMatchObject({ kind: 'user', userId })
  const kept =
    await h.sql`select access_token from auth_account where provider_id = 'oidc' and access_token <> 'access'`
  expect(kept).toHaveLength(1)
  expect(await h.auditOf('accounts.provider.link')).toMatchObject([{ actorId: userId, after: { provider: 'oidc' } }])
})

test("an address that the provider did not prove is nobody's", async () => {
  await h.person('lena@example.com')
  const done = await signIn({ sub: '8', email: 'lena@example.com', email_verified: false, name: 'Lena' })
  expect(done.headers.get('location')).toMatch(/\/sign-in\?error=account_not_linked/)
  expect(await identify(h, new Headers({ cookie: cookiesOf(done) }))).toEqual({ kind: 'anonymous' })
})

test('a stranger gets no user while sign-up is closed', async () => {
  const done = await signIn({ sub: '9', email: 'stranger@example.com', email_verified: true, name: 'Stranger' })
  expect(done.headers.get('location')).toMatch(/\/sign-in\?error=signup_disabled/)
  expect(await h.sql`select 1 from auth_user where email = 'stranger@example.com'`).toHaveLength(0)
})
