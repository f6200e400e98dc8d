import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { page as openPage } from '../support/browser.ts'
import { startControlPlane, type ControlPlane } from '../support/controlPlane.ts'
import { signIn } from '../support/steps.ts'
import { linkFromOutbox, poll, totpOf } from '../support/stories.ts'

// A platform from its first minute on, without any data: who gets in, how, and who may do what.
// The stories go on from one to the next.

const operator = { name: 'Priya Raman', email: 'priya@harbour.example', password: 'lamps along the long quay' }
const owner = { name: 'Reed Bittern', email: 'reed@bittern.example', password: 'a reedbed before sunrise' }
const member = { name: 'Moss Carder', email: 'moss@bittern.example', password: 'slow bees over the clover' }

let plane: ControlPlane
const pages: Page[] = []
const open = async () => {
  const page = await openPage({ baseURL: plane.url })
  pages.push(page)
  return page
}
let operatorPage: Page
let ownerPage: Page
let memberPage: Page

beforeAll(async () => {
  plane = await startControlPlane({ env: { WHARF_ADMIN_EMAIL: '', WHARF_ADMIN_PASSWORD: '' } })
})

afterAll(async () => {
  for (const page of pages) await page.context().close()
  await plane?.remove()
})

/** Joins by an invitation's link as somebody new. */
const join = async (link: string, who: typeof owner): Promise<Page> => {
  const page = await open()
  await page.goto(link)
  await page.getByLabel('Your name').fill(who.name)
  await page.getByLabel('Password', { exact: true }).fill(who.password)
  await page.getByRole('button', { name: /^Join/ }).click()
  await page.getByRole('heading', { level: 1 }).waitFor()
  return page
}

test('the link that the start prints makes the first operator, once', async () => {
  const link = () => /Make the first operator: (\S+)/.exec(plane.output())?.[1] ?? ''
  await poll(link).toContain('/first-run?token=')
  operatorPage = await open()
  await operatorPage.goto(link())
  await operatorPage.getByLabel('Name').fill(operator.name)
  await operatorPage.getByLabel('E-mail').fill(operator.email)
  await operatorPage.getByLabel('Password', { exact: true }).fill(operator.password)
  await operatorPage.getByRole('button', { name: 'Make the first operator' }).click()
  await operatorPage.waitForURL(/\/ops$/)
  await operatorPage.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor()
  const second = await open()
  await second.goto(link())
  await second.getByText('There is an operator already').waitFor()
  expect(await second.getByRole('textbox').count()).toBe(0)
})

test('an empty platform says what will appear and what to do first', async () => {
  for (const words of ['Nothing waits for you.', 'No open violation.', 'No hosts yet.']) {
    await operatorPage.getByText(words).first().waitFor()
  }
  await operatorPage.getByRole('link', { name: 'Add a host' }).click()
  await operatorPage.waitForURL(/\/ops\/hosts/)
  await operatorPage.getByText('Hosts appear here within a minute of enrolling.').first().waitFor()
  for (const [path, words] of [
    ['/ops/quotas', 'No open violation.'],
    ['/ops/unattributed', 'Every container has an owner.'],
    ['/ops/outbox', 'No mails yet'],
  ] as const) {
    await operatorPage.goto(path)
    await operatorPage.getByText(words).waitFor()
    expect(await operatorPage.getByRole('main').getByRole('alert').count()).toBe(0)
  }
})

test('an operator makes an organization, and its owner joins by the link in the outbox', async () => {
  await operatorPage.goto('/ops/accounts')
  await operatorPage.getByRole('button', { name: 'Make an organization' }).click()
  const dialog = operatorPage.getByRole('dialog', { name: 'Make an organization' })
  await dialog.getByLabel('Name', { exact: true }).fill('reedbed')
  await dialog.getByLabel('Display name').fill('Reedbed Radio')
  await dialog.getByLabel('E-mail of the owner').fill(owner.email)
  await dialog.getByRole('button', { name: 'Make the organization' }).click()
  await operatorPage.waitForURL(/\/ops\/accounts\/reedbed$/)
  ownerPage = await join(await linkFromOutbox(operatorPage, owner.email, /reedbed/i), owner)
  await ownerPage.waitForURL(/\/reedbed$/)
  await ownerPage.getByText('Nothing runs yet.').waitFor()
  await ownerPage.getByText('io.wharfinger.account=reedbed').waitFor()
  expect((await ownerPage.request.get('/ops/outbox')).status()).toBe(403)
})

test('an owner invites a member, whose role can then be changed', async () => {
  await ownerPage.goto('/reedbed/members')
  await ownerPage.getByRole('button', { name: 'Invite a member' }).click()
  const dialog = ownerPage.getByRole('dialog', { name: 'Invite somebody to reedbed' })
  await dialog.getByLabel('E-mail').fill(member.email)
  await dialog.getByRole('button', { name: 'Send the invitation' }).click()
  await ownerPage.getByRole('button', { name: `Take back the invitation of ${member.email}` }).waitFor()

  memberPage = await join(await linkFromOutbox(operatorPage, member.email, /reedbed/i), member)
  await memberPage.waitForURL(/\/reedbed$/)
  await memberPage.goto('/reedbed/members')
  await memberPage.getByRole('row', { name: member.email }).waitFor()
  expect(await memberPage.getByRole('button', { name: 'Invite a member' }).count()).toBe(0)

  await ownerPage.reload()
  await ownerPage.getByLabel(`Role of ${member.email}`).selectOption('admin')
  await poll(() =>
    memberPage.reload().then(() => memberPage.getByRole('button', { name: 'Invite a member' }).count()),
  ).toBe(1)
})

test('the last owner cannot leave, and reads why', async () => {
  await ownerPage.getByRole('button', { name: 'Leave' }).click()
  const dialog = ownerPage.getByRole('alertdialog', { name: 'Leave reedbed?' })
  await dialog.getByRole('button', { name: 'Leave reedbed' }).click()
  const refusal = await dialog.getByRole('alert').innerText()
  expect(refusal).toMatch(/make somebody else owner first/i)
  await dialog.getByRole('button', { name: 'Stay' }).click()
  await ownerPage.reload()
  await ownerPage.getByRole('row', { name: owner.email }).waitFor()
})

test('an API token is shown once, works until it is revoked, and no longer', async () => {
  const ask = (token: string) =>
    fetch(`${plane.url}/trpc/accounts.me`, { headers: { authorization: `Bearer ${token}` } })
  await ownerPage.goto('/settings/tokens')
  await ownerPage.getByText('No tokens yet').waitFor()
  await ownerPage.getByRole('button', { name: 'Make a token' }).click()
  await ownerPage.getByLabel('Name').fill('nightly')
  await ownerPage.getByRole('button', { name: 'Make the token' }).click()
  const token = await ownerPage
    .getByRole('code')
    .filter({ hasText: /^wharf_/ })
    .innerText()
  await ownerPage.getByRole('button', { name: 'I have kept it' }).click()
  const answer = await ask(token)
  expect(answer.status).toBe(200)
  expect(JSON.stringify(await answer.json())).toContain(owner.email)

  await ownerPage.reload()
  await ownerPage.getByRole('row', { name: /nightly.*Live/s }).waitFor()
  expect(await ownerPage.content()).not.toContain(token)
  await ownerPage.getByRole('button', { name: 'Revoke nightly' }).click()
  await ownerPage.getByRole('alertdialog').getByRole('button', { name: 'Revoke nightly' }).click()
  await ownerPage.getByRole('row', { name: /nightly.*Revoked/s }).waitFor()
  expect((await ask(token)).status).toBe(401)
})

test('wrong passwords lock the address for a while; the link in the mail sets a new one and opens it', async () => {
  const page = await open()
  await page.goto('/sign-in')
  await page.getByLabel('E-mail').fill(member.email)
  const wrong = async (words: string) => {
    await page.getByLabel('Password', { exact: true }).fill('not the right password')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('alert').filter({ hasText: words }).waitFor()
    await page.getByRole('button', { name: 'Sign in', exact: true, disabled: false }).waitFor()
  }
  await wrong('The address or the password is wrong.')
  expect(await page.getByLabel('E-mail').inputValue()).toBe(member.email)
  const tryOnce = () =>
    fetch(`${plane.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: plane.url },
      body: JSON.stringify({ email: member.email, password: 'not this one either' }),
    })
  for (let tries = 2; tries <= 5; tries++) expect((await tryOnce()).status).toBe(401)
  await wrong('Too many wrong passwords for this address. Try again in')

  await page.getByRole('link', { name: 'Forgot the password' }).click()
  await page.getByRole('heading', { name: 'Set a new password' }).waitFor()
  await page.getByLabel('E-mail').fill(member.email)
  await page.getByRole('button', { name: 'Mail me a link' }).click()
  await page.getByText('Look at your mail').waitFor()
  await page.goto(await linkFromOutbox(operatorPage, member.email, /new password/i))
  member.password = 'clover after the heavy rain'
  await page.getByLabel('New password').fill(member.password)
  await page.getByRole('button', { name: 'Set the password' }).click()
  await page.getByText('Password set').waitFor()
  await page.getByLabel('E-mail').fill(member.email)
  await page.getByLabel('Password', { exact: true }).fill(member.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL(/\/reedbed$/)
  await memberPage.goto('/reedbed/members')
  await memberPage.waitForURL(/\/sign-in/)
  memberPage = page
})

test('with a second factor a password alone does not let in', async () => {
  await memberPage.goto('/settings/security')
  await memberPage.getByRole('button', { name: 'Turn the second factor on' }).click()
  await memberPage.getByLabel('Your password').fill(member.password)
  await memberPage.getByRole('button', { name: 'Go on' }).click()
  await memberPage.getByRole('img', { name: 'QR code of the secret' }).waitFor()
  const secret = await memberPage
    .getByRole('code')
    .filter({ hasText: /^[A-Z2-7]{16,}$/ })
    .innerText()
  await memberPage.getByRole('textbox', { name: 'Code' }).fill(totpOf(secret, Date.now()))
  await memberPage.getByRole('button', { name: 'Turn the second factor on' }).click()
  await memberPage.getByText('Keep these codes').waitFor()
  const codes = await memberPage.getByRole('list', { name: 'Backup codes' }).getByRole('listitem').allInnerTexts()
  expect(codes.length).toBeGreaterThan(4)
  await memberPage.getByRole('button', { name: 'I have kept them' }).click()

  await memberPage.getByRole('button', { name: `signed in as ${member.name}` }).click()
  await memberPage.getByRole('menuitem', { name: 'Sign out' }).click()
  await memberPage.waitForURL(/\/sign-in/)
  await memberPage.getByLabel('E-mail').fill(member.email)
  await memberPage.getByLabel('Password', { exact: true }).fill(member.password)
  await memberPage.getByRole('button', { name: 'Sign in', exact: true }).click()
  await memberPage.getByRole('textbox', { name: 'Code' }).fill('000000')
  await memberPage.getByRole('button', { name: 'Sign in', exact: true }).click()
  await memberPage.getByRole('alert').filter({ hasText: 'That code is not right' }).waitFor()
  const peek = await memberPage.context().request.get(`${plane.url}/trpc/accounts.me`)
  expect(peek.status()).toBe(401)
  await memberPage.getByRole('textbox', { name: 'Code' }).fill(totpOf(secret, Date.now()))
  await memberPage.getByRole('button', { name: 'Sign in', exact: true }).click()
  await memberPage.waitForURL(/\/reedbed$/)

  // The phone is gone: a backup code lets in too, once.
  const elsewhere = await open()
  const useBackupCode = async () => {
    await elsewhere.goto('/sign-in')
    await elsewhere.getByLabel('E-mail').fill(member.email)
    await elsewhere.getByLabel('Password', { exact: true }).fill(member.password)
    await elsewhere.getByRole('button', { name: 'Sign in', exact: true }).click()
    await elsewhere.getByRole('button', { name: 'Use a backup code' }).click()
    await elsewhere.getByLabel('Backup code').fill(codes[0] ?? '')
    await elsewhere.getByRole('button', { name: 'Sign in', exact: true }).click()
  }
  await useBackupCode()
  await elsewhere.waitForURL(/\/reedbed$/)
  await elsewhere.context().clearCookies()
  await useBackupCode()
  await elsewhere.getByRole('alert').filter({ hasText: 'not one of yours, or it was used' }).waitFor()
})

test('a chosen theme stays after a reload, and until another is chosen', async () => {
  const choose = async (name: string) => {
    await ownerPage.getByRole('button', { name: `signed in as ${owner.name}` }).click()
    await ownerPage.getByRole('menuitem', { name, exact: true }).click()
  }
  const background = () => ownerPage.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await background()
  await choose('Dark')
  await poll(background).not.toBe(light)
  const dark = await background()
  await ownerPage.goto('/reedbed')
  expect(await background()).toBe(dark)
  await choose('Light')
  await poll(background).toBe(light)
  await ownerPage.reload()
  expect(await background()).toBe(light)
})

test('who signs out is out, also on the page that was open beside it', async () => {
  const beside = await ownerPage.context().newPage()
  await beside.goto(`${plane.url}/reedbed`)
  await ownerPage.getByRole('button', { name: `signed in as ${owner.name}` }).click()
  await ownerPage.getByRole('menuitem', { name: 'Sign out' }).click()
  await ownerPage.waitForURL(/\/sign-in/)
  expect((await beside.request.get('/trpc/accounts.me')).status()).toBe(401)
  await beside.getByRole('link', { name: 'Members' }).click()
  await beside.waitForURL(/\/sign-in\?next=%2Freedbed%2Fmembers/)
  await signIn(ownerPage, plane.url, owner)
  await ownerPage.waitForURL(/\/reedbed$/)
})
