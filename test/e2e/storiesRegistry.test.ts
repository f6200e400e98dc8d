import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEMO_CUSTOMER, DEMO_PASSWORD } from '#server/demo/people.ts'
import { page as openPage } from '../support/browser.ts'
import type { ControlPlane } from '../support/controlPlane.ts'
import { canInstall, install, program } from '../support/parts.ts'
import { mutate, signIn } from '../support/steps.ts'
import { poll, startDemoPlane } from '../support/stories.ts'

// A customer on Free pushes by skopeo until the plan refuses, chooses a larger one and pushes again; strangers find what is
// made public; a colleague of another account is let in; a repository gets another name.

const folder = mkdtempSync(join(tmpdir(), 'wharf-story-'))
let plane: ControlPlane
let page: Page
let stranger: Page

beforeAll(async () => {
  const missing = ['docker-registry', 'skopeo'].filter((name) => !program(name))
  if (missing.length > 0 && canInstall()) await install(...missing)
  plane = await startDemoPlane()
  page = await openPage({ baseURL: plane.url })
  stranger = await openPage({ baseURL: plane.url })
  await signIn(page, plane.url, { email: DEMO_CUSTOMER, password: DEMO_PASSWORD })
  await mutate(plane, 'accounts.createFor', { name: 'drydock', displayName: 'Dry Dock', ownerEmail: DEMO_CUSTOMER })
})

afterAll(async () => {
  await page?.context().close()
  await stranger?.context().close()
  await plane?.remove()
  rmSync(folder, { recursive: true, force: true })
})

/** What skopeo says, and whether it failed; it signs in as one of the demo's people. */
const skopeo = async (...args: string[]): Promise<string> => {
  const options = { timeout: 60_000, env: { ...process.env, HOME: folder } }
  const ran = promisify(execFile)('skopeo', args, options)
  return ran.then(
    ({ stdout }) => `done ${stdout}`,
    (error: { stderr?: string }) => `failed ${error.stderr}`,
  )
}
const at = (name: string) => `docker://${new URL(plane.url).host}/${name}`
const push = (name: string) => {
  const dir = join(folder, name.replaceAll(/\W/g, '-'))
  mkdirSync(dir, { recursive: true })
  const keep = (blob: Buffer, mediaType: string) => {
    const hex = createHash('sha256').update(blob).digest('hex')
    writeFileSync(join(dir, hex), blob)
    return { mediaType, size: blob.length, digest: `sha256:${hex}` }
  }
  const layer = keep(randomBytes(2_000), 'application/vnd.oci.image.layer.v1.tar')
  const made = { architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [layer.digest] } }
  const config = keep(Buffer.from(JSON.stringify(made)), 'application/vnd.oci.image.config.v1+json')
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  writeFileSync(join(dir, 'version'), 'Directory Transport Version: 1.1\n')
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer] }))
  const creds = ['--dest-tls-verify=false', '--dest-creds', `${DEMO_CUSTOMER}:${DEMO_PASSWORD}`]
  return skopeo('copy', '--insecure-policy', ...creds, `dir:${dir}`, at(name))
}
const look = (name: string, email: string) =>
  skopeo('inspect', '--tls-verify=false', '--creds', `${email}:${DEMO_PASSWORD}`, at(name))

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' })
const dialog = () => page.getByRole('dialog')

test('a push beyond the plan is refused in words, and goes through once a larger plan is chosen', async () => {
  expect(await push('drydock/one:1')).toContain('done')
  // This client shows the status alone; Docker's shows the words, as test/real/registryClients.test.ts has it.
  expect(await push('drydock/two:1')).toContain('403 (Forbidden)')
  await page.goto('/drydock/repositories')
  await page.getByRole('link', { name: 'one', exact: true }).waitFor()
  expect(await page.getByRole('region', { name: 'Limits of the plan' }).textContent()).toContain('1 of 1')
  await page.getByRole('link', { name: 'Compare plans' }).click()
  await button('Start Business').click()
  await dialog().getByRole('button', { name: 'Start and pay by invoice' }).click()
  await page.getByRole('heading', { name: 'Your plan: Business' }).waitFor()
  expect(await push('drydock/two:1')).toContain('done')
  await page.goto('/drydock/repositories/two')
  await page.getByRole('link', { name: '1', exact: true }).click()
  await page.getByText('1 layers').waitFor()
})

test('what is made public is found by a stranger who mistypes it, and can be given a star', async () => {
  await page.goto('/drydock/repositories/one/settings')
  await button('Make it public').click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Make it public' }).click()
  await button('Make it private').waitFor()
  await stranger.goto('/explore')
  await stranger.getByRole('searchbox', { name: 'Search repositories' }).fill('drydcok')
  await stranger.waitForURL(/q=drydcok/)
  await stranger.getByRole('link', { name: 'drydock/one' }).click()
  await stranger.getByRole('heading', { name: 'drydock/one' }).waitFor()
  expect(await stranger.getByRole('button', { name: /^Star/ }).count()).toBe(0)
  await stranger.goto('/explore/drydock/two')
  await stranger.getByRole('heading', { name: 'Nothing is at this address' }).waitFor()
  await page.goto('/explore/drydock/one')
  await button(/^Star 0/).click()
  await button(/^Starred 1/).waitFor()
})

test('somebody of another account is let in to one repository', async () => {
  const oskar = 'oskar@greyheron.example'
  expect(await look('drydock/two:1', oskar)).toContain('failed')
  await page.goto('/drydock/repositories/two/access')
  await page.getByLabel('E-mail of a person').fill(oskar)
  await button('Give access').click()
  await page.getByRole('row', { name: oskar }).waitFor()
  expect(await look('drydock/two:1', oskar)).toContain('done')
})

test('a renamed repository is pulled by its new name and its old one', async () => {
  await page.goto('/drydock/repositories/two/settings')
  await page.getByLabel('New name').fill('second')
  await button('Rename it').click()
  await poll(() => look('drydock/second:1', DEMO_CUSTOMER)).toContain('done')
  await poll(() => look('drydock/two:1', DEMO_CUSTOMER)).toContain('done')
  await page.goto('/drydock/repositories/second/settings')
  await page.getByText('drydock/two became drydock/second').waitFor()
})
