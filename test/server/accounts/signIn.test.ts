import { createOTP } from '@better-auth/utils/otp'
import { expect, test } from 'vitest'
import { ensureFirstOperator } from '#server/accounts/firstOperator.ts'
import { identify } from '#server/accounts/identify.ts'
import { tidy } from '#server/accounts/tidy.ts'
import { cookiesOf, house, secretIn } from './house.ts'

const PASSWORD = 'a long enough one'
const h = await house({ WHARF_ADMIN_EMAIL: 'harbour@example.com', WHARF_ADMIN_PASSWORD: PASSWORD })
const { sql } = h

test('the operator that the environment names signs in and is known by the cookie', async () => {
  expect(await ensureFirstOperator(h.ctx())).toEqual({})
  const cookie = await h.signIn('harbour@example.com', PASSWORD)
  const actor = await identify(h, new Headers({ cookie }))
  expect(actor).toMatchObject({ kind: 'user', email: 'harbour@example.com', roles: ['admin', 'operator'] })
})

test('a sign-in is audited with who, how and from where; a sign-out ends the session', async () => {
  const { userId } = await h.person('ines@example.com')
  const response = await h.send(
    '/sign-in/email',
    { email: 'ines@example.com', password: PASSWORD },
    { 'x-wharf-ip': '198.51.100.4' },
  )
  const cookie = cookiesOf(response)
  expect((await h.auditOf('accounts.sign_in')).at(-1)).toMatchObject({
    actorId: userId,
    actorLabel: 'ines@example.com',
    after: { by: '/sign-in/email' },
    ip: '198.51.100.4',
    requestId: expect.stringMatching(/^request-/),
  })
  await h.send('/sign-out', {}, { cookie })
  expect((await h.auditOf('accounts.sign_out')).at(-1)).toMatchObject({
    actorId: userId,
    before: { from: '198.51.100.4' },
  })
  expect(await identify(h, new Headers({ cookie }))).toEqual({ kind: 'anonymous' })
})

test('a wrong password and an unknown address get the same answer, and the same lock', async () => {
  await h.person('known@example.com')
  const tries = async (email: string) => {
    const answers: [number, string][] = []
    for (let n = 0; n < 6; n += 1) {
      const response = await h.send('/sign-in/email', { email, password: 'not the right one' })
      const { message } = (await response.json()) as { message: string }
      answers.push([response.status, message.replace(/\d+ (s|min)/, 'a while')])
    }
    return answers
  }
  const known = await tries('known@example.com')
  expect(await tries('nobody@example.com')).toEqual(known)
  expect(known.map(([status]) => status)).toEqual([401, 401, 401, 401, 401, 429])
  expect(known[5]?.[1]).toBe(
    'Too many wrong passwords for this address. Try again in a while, or reset the password by mail.',
  )
})

test('the right password does not open a lock, and a reset by mail does', async () => {
  await h.person('locked@example.com')
  for (let n = 0; n < 5; n += 1)
    await h.send('/sign-in/email', { email: 'locked@example.com', password: 'wrong wrong wrong' })
  const right = { email: 'locked@example.com', password: PASSWORD }
  const refused = await h.send('/sign-in/email', right)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)])
  expect(await h.auditOf('accounts.sign_in.lock')).toContainEqual(
    expect.objectContaining({ subjectId: 'locked@example.com' }),
  )

  expect((await h.send('/request-password-reset', { email: 'locked@example.com', redirectTo: '/reset' })).status).toBe(
    200,
  )
  const token = secretIn((await h.mails('locked@example.com')).at(-1))
  const newPassword = 'another long enough one'
  expect((await h.send('/reset-password', { newPassword, token })).status).toBe(200)
  expect((await h.send('/sign-in/email', { email: 'locked@example.com', password: newPassword })).status).toBe(200)
  expect((await h.send('/reset-password', { newPassword, token })).status).toBe(400)
  expect((await h.auditOf('accounts.password.change')).at(-1)).toMatchObject({ actorLabel: 'locked@example.com' })
})

test('a reset asked for an unknown address looks like any other, and mails nobody', async () => {
  const answers = await Promise.all(
    ['harbour@example.com', 'stranger@example.com'].map(async (email) => {
      const response = await h.send('/request-password-reset', { email, redirectTo: '/reset' })
      return [response.status, await response.text()]
    }),
  )
  expect(answers[1]).toEqual(answers[0])
  expect(await h.mails('stranger@example.com')).toEqual([])
})

test('a reset ends every session', async () => {
  await h.person('twice@example.com')
  const cookie = await h.signIn('twice@example.com', PASSWORD)
  await h.send('/request-password-reset', { email: 'twice@example.com', redirectTo: '/reset' })
  await h.send('/reset-password', {
    newPassword: 'yet another one',
    token: secretIn((await h.mails('twice@example.com')).at(-1)),
  })
  expect(await identify(h, new Headers({ cookie }))).toEqual({ kind: 'anonymous' })
})

test('nobody signs up by themselves unless the setting allows it', async () => {
  const response = await h.send('/sign-up/email', { email: 'new@example.com', password: PASSWORD, name: 'New' })
  expect(response.status).toBe(400)
  expect(await sql`select 1 from auth_user where email = 'new@example.com'`).toHaveLength(0)
})

test('a second factor stands between the password and the session, and a backup code works once', async () => {
  const { userId } = await h.person('factor@example.com')
  const cookie = await h.signIn('factor@example.com', PASSWORD)
  const enabling = await h.send('/two-factor/enable', { password: PASSWORD }, { cookie })
  const { totpURI, backupCodes } = (await enabling.json()) as { totpURI: string; backupCodes: string[] }
  const secret = new URL(totpURI).searchParams.get('secret') ?? ''
  const code = () => createOTP(decodeBase32(secret)).totp()
  expect((await h.send('/two-factor/verify-totp', { code: await code() }, { cookie })).status).toBe(200)
  expect(await h.auditOf('accounts.two_factor.enable')).toContainEqual(expect.objectContaining({ actorId: userId }))

  const half = await h.send('/sign-in/email', { email: 'factor@example.com', password: PASSWORD })
  expect(await half.json()).toMatchObject({ twoFactorRedirect: true })
  expect(await identify(h, new Headers({ cookie: cookiesOf(half) }))).toEqual({ kind: 'anonymous' })
  const signIns = (await h.auditOf('accounts.sign_in')).length
  expect(await h.auditOf('accounts.sign_in.password_accepted')).toContainEqual(
    expect.objectContaining({ actorId: userId }),
  )

  const wrong = await h.send('/two-factor/verify-totp', { code: '000000' }, { cookie: cookiesOf(half) })
  expect(wrong.status).toBe(401)
  const whole = await h.send('/two-factor/verify-totp', { code: await code() }, { cookie: cookiesOf(half) })
  expect(await identify(h, new Headers({ cookie: cookiesOf(whole) }))).toMatchObject({ userId })
  expect(await h.auditOf('accounts.sign_in')).toHaveLength(signIns + 1)

  const useBackup = async () => {
    const again = await h.send('/sign-in/email', { email: 'factor@example.com', password: PASSWORD })
    return h.send('/two-factor/verify-backup-code', { code: backupCodes[0] }, { cookie: cookiesOf(again) })
  }
  expect((await useBackup()).status).toBe(200)
  expect((await useBackup()).status).toBe(401)
  expect(await h.auditOf('accounts.backup_code.use')).toHaveLength(1)
})

test('a device cannot be trusted instead of the second factor', async () => {
  const response = await h.send('/two-factor/verify-totp', { code: '123456', trustDevice: true })
  expect(response.status).toBe(400)
})

test('passwords shorter than ten characters are refused', async () => {
  const cookie = await h.signIn('harbour@example.com', PASSWORD)
  const body = { currentPassword: PASSWORD, newPassword: 'short' }
  expect((await h.send('/change-password', body, { cookie })).status).toBe(400)
})

test('one address is limited in how often it may try, whoever it tries to be', async () => {
  const statuses: number[] = []
  for (let n = 0; n < 22; n += 1) {
    const body = { email: `guess-${n}@example.com`, password: 'guess guess guess' }
    statuses.push((await h.send('/sign-in/email', body, { 'x-wharf-ip': '198.51.100.99' })).status)
  }
  expect(statuses.filter((status) => status === 401)).toHaveLength(20)
  expect(statuses.slice(20)).toEqual([429, 429])
})

test('another site cannot sign somebody in', async () => {
  const body = { email: 'harbour@example.com', password: PASSWORD }
  expect((await h.send('/sign-in/email', body, { origin: 'https://elsewhere.example' })).status).toBe(403)
})

test('tidying ends nothing that still works, and what it deletes nobody did', async () => {
  const { userId } = await h.person('tidy@example.com')
  const cookie = await h.signIn('tidy@example.com', PASSWORD)
  const rows = async () => (await sql`select 1 from audit_event`).length
  const before = await rows()
  await tidy(h.ctx())
  expect(await identify(h, new Headers({ cookie }))).toMatchObject({ userId })
  await sql`update auth_session set expires_at = now() - interval '1 second' where user_id = ${userId}`
  await sql`update sign_in_failure set first_at = now() - interval '2 days', locked_until = null`
  await tidy(h.ctx())
  expect(await sql`select 1 from auth_session where user_id = ${userId}`).toHaveLength(0)
  expect(await sql`select 1 from sign_in_failure`).toHaveLength(0)
  expect(await rows()).toBe(before)
})

test('no password, session token or second factor is in the audit log', async () => {
  const [audit] = await sql<{ text: string }[]>`select string_agg(e::text, ' ') as text from audit_event e`
  const secrets = await sql<{ secret: string }[]>`
    select password as secret from auth_account where password is not null
    union all select token from auth_session union all select secret from auth_two_factor
    union all select backup_codes from auth_two_factor union all select value from auth_verification`
  expect(secrets.length).toBeGreaterThan(5)
  for (const { secret } of secrets) if (secret.length > 24 + 8) expect(audit?.text).not.toContain(secret)
})

const decodeBase32 = (text: string): string => {
  const bits = [...text.replace(/=+$/, '')]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('')
  return String.fromCharCode(...(bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
