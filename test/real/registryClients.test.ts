import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRobot } from '#server/registry/changeRobot.ts'
import { prepareDocker } from '../support/dockerd.ts'
import { expectDone, INDEX_TYPE, indexOf, needPrograms, registryPlane, someBytes } from '../support/registryPlane.ts'

await needPrograms({ skopeo: 'skopeo', podman: 'podman' })
const daemon = await prepareDocker()
const plane = await registryPlane()
const { sql } = plane
const host = new URL(plane.url).host
const folder = mkdtempSync(join(tmpdir(), 'wharf-clients-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await daemon.stop()
})

type Credentials = { name: string; password: string }
let acme: { id: bigint; name: string }
let owner: Credentials
let reader: Credentials
let stranger: Credentials

/** Runs a program as somebody with a home of their own; gives what it said and whether it failed. */
const run = async (home: string, program: string, args: string[]): Promise<{ said: string; failed: boolean }> => {
  const dir = join(folder, home)
  mkdirSync(dir, { recursive: true })
  const auth = join(dir, 'auth.json')
  if (!existsSync(auth)) writeFileSync(auth, '{}')
  const env: NodeJS.ProcessEnv = {
    NODE_ENV: 'test',
    PATH: process.env['PATH'],
    HOME: dir,
    TMPDIR: dir,
    DOCKER_HOST: `unix://${daemon.socketPath}`,
    // Root's podman keeps sign-ins outside of its home.
    REGISTRY_AUTH_FILE: auth,
  }
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { env, timeout: 60_000 })
    return { said: stdout + stderr, failed: false }
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    return { said: stdout + stderr, failed: true }
  }
}
const done = async (home: string, program: string, args: string[]): Promise<string> => {
  const { said, failed } = await run(home, program, args)
  expect(failed ? said : '').toBe('')
  return said
}
const docker = (home: string, ...args: string[]) => done(home, 'docker', args)
const login = (home: string, { name, password }: Credentials) => docker(home, 'login', '-u', name, '-p', password, host)

/** An image of one file, made of nothing. */
const makeImage = async (name: string, text: string) => {
  const dir = join(folder, 'image')
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'file'), text)
  writeFileSync(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY file /file\nCMD ["/file"]\n')
  await docker('builder', 'build', '-q', '-t', name, dir)
}
const forget = (name: string) => run('builder', 'docker', ['rmi', '-f', name])

beforeAll(async () => {
  acme = await plane.organization('acme', { private_repositories: 2 })
  await plane.repository(acme, 'open', 'public')
  await plane.repository(acme, 'secret', 'private')
  const boss = await plane.person('boss@acme.example')
  await plane.member(acme, boss, 'owner')
  owner = await plane.apiToken(boss)
  const fellow = await plane.person('fellow@acme.example')
  await plane.member(acme, fellow, 'member')
  const [team] = await sql<
    { id: bigint }[]
  >`insert into team (account_id, name) values (${acme.id}, 'readers') returning id`
  await sql`insert into team_member (team_id, user_id) values (${team!.id}, ${fellow.userId})`
  await sql`insert into repository_team (repository_id, team_id, permission)
    select id, ${team!.id}, 'read' from repository where path = 'acme/secret'`
  reader = await plane.apiToken(fellow)
  stranger = await plane.apiToken(await plane.person('stranger@elsewhere.example'))
})

test('docker signs in, pushes and pulls; anybody pulls what is public', async () => {
  for (const name of ['open', 'secret']) await makeImage(`${host}/acme/${name}:1`, `made for ${name}`)
  expect(await login('owner', owner)).toContain('Login Succeeded')
  for (const name of ['open', 'secret']) {
    expect(await docker('owner', 'push', `${host}/acme/${name}:1`)).toMatch(/1: digest: sha256:[0-9a-f]{64}/)
    await forget(`${host}/acme/${name}:1`)
  }
  expect(await docker('owner', 'pull', `${host}/acme/secret:1`)).toContain('Downloaded newer image')
  expect(await docker('nobody', 'pull', `${host}/acme/open:1`)).toContain('Downloaded newer image')
  for (const name of ['open', 'secret']) await forget(`${host}/acme/${name}:1`)
})

test('docker is refused a private image in the words for one that is not there', async () => {
  const [hidden, absent] = await Promise.all(
    ['secret', 'absent'].map((name) => run('nobody', 'docker', ['pull', `${host}/acme/${name}:1`])),
  )
  expect(hidden!.failed && absent!.failed).toBe(true)
  expect(hidden!.said.replaceAll('secret', 'X')).toBe(absent!.said.replaceAll('absent', 'X'))
  await login('stranger', stranger)
  const theirs = await run('stranger', 'docker', ['pull', `${host}/acme/secret:1`])
  expect(theirs.said).toMatch(/pull access denied|unauthorized|denied/)
})

test('a wrong password is refused at sign-in', async () => {
  const { said, failed } = await run('wrong', 'docker', ['login', '-u', 'boss', '-p', `${owner.password}x`, host])
  expect([failed, said.includes('not a complete API token')]).toEqual([true, true])
})

test("a team's member pulls and may not push; a robot pushes", async () => {
  await login('reader', reader)
  await docker('reader', 'pull', `${host}/acme/secret:1`)
  const { said, failed } = await run('reader', 'docker', ['push', `${host}/acme/secret:1`])
  expect(failed).toBe(true)
  expect(said).toContain('you may pull acme/secret, not push to it')
  const robot = await createRobot(plane.context(), acme, {
    name: 'ci',
    description: '',
    reach: { every: 'write' },
    expiresInDays: null,
  })
  await login('robot', { name: robot.login, password: robot.secret })
  await docker('robot', 'tag', `${host}/acme/secret:1`, `${host}/acme/secret:ci`)
  expect(await docker('robot', 'push', `${host}/acme/secret:ci`)).toContain('ci: digest:')
})

test('docker shows why a push beyond the plan is refused, and pushes once the plan is larger', async () => {
  await makeImage(`${host}/acme/second:1`, 'second')
  await docker('owner', 'push', `${host}/acme/second:1`)
  await makeImage(`${host}/acme/third:1`, 'third')
  const { said, failed } = await run('owner', 'docker', ['push', `${host}/acme/third:1`])
  expect(failed).toBe(true)
  expect(said).toContain('acme has the 2 private repositories of its plan')
  await plane.limit(acme.id, { private_repositories: 3 })
  expect(await docker('owner', 'push', `${host}/acme/third:1`)).toContain('1: digest:')
})

const plain = ['--tls-verify=false']
const creds = ({ name, password }: Credentials) => `${name}:${password}`

test('skopeo copies in and out, images of several platforms too, and pulls what is public as anybody', async () => {
  const bearer = await plane.token('repository:acme/multi:pull,push', owner).catch(() => '')
  expect(bearer).toBe('')
  await plane.limit(acme.id, { private_repositories: 10 })
  const token = await plane.token('repository:acme/multi:pull,push', owner)
  const images = []
  for (const architecture of ['amd64', 'arm64']) {
    const image = await plane.pushImage('acme/multi', token, undefined, [someBytes(200)], { os: 'linux', architecture })
    images.push({ ...image, architecture })
  }
  expectDone(await plane.putManifest('acme/multi', token, 'all', indexOf(images), INDEX_TYPE), 201)
  const dir = `dir:${join(folder, 'copied')}`
  const source = `docker://${host}/acme/multi:all`
  await done('skopeo', 'skopeo', ['copy', '--all', '--src-tls-verify=false', '--src-creds', creds(owner), source, dir])
  const target = `docker://${host}/acme/copied:all`
  await done('skopeo', 'skopeo', [
    'copy',
    '--all',
    '--dest-tls-verify=false',
    '--dest-creds',
    creds(owner),
    dir,
    target,
  ])
  const raw = await done('skopeo', 'skopeo', ['inspect', '--raw', ...plain, '--creds', creds(owner), target])
  expect((JSON.parse(raw) as { manifests: unknown[] }).manifests).toHaveLength(2)
  const [tag] = await sql`select platforms from repository_tag t join repository r on r.id = t.repository_id
    where r.path = 'acme/copied'`
  expect(tag?.['platforms']).toEqual(['linux/amd64', 'linux/arm64'])
  expect(await done('nobody', 'skopeo', ['inspect', ...plain, `docker://${host}/acme/open:1`])).toContain('"Digest"')
  const hidden = await run('nobody', 'skopeo', ['inspect', ...plain, `docker://${host}/acme/secret:1`])
  expect([hidden.failed, /unauthorized|denied/.test(hidden.said)]).toEqual([true, true])
})

test('podman signs in, pushes and pulls; anybody pulls what is public', async () => {
  const root = ['--root', join(folder, 'podman'), '--runroot', join(folder, 'podman-run'), '--storage-driver', 'vfs']
  const podman = (home: string, ...args: string[]) => done(home, 'podman', [...root, ...args])
  await podman('podman', 'login', ...plain, '-u', owner.name, '-p', owner.password, host)
  await podman('podman', 'pull', '-q', ...plain, `${host}/acme/secret:1`)
  await podman('podman', 'tag', `${host}/acme/secret:1`, `${host}/acme/secret:podman`)
  await podman('podman', 'push', '-q', ...plain, `${host}/acme/secret:podman`)
  const [tag] = await sql`select pushed_by from repository_tag where name = 'podman'`
  expect(tag).toBeTruthy()
  await podman('nobody', 'pull', '-q', ...plain, `${host}/acme/open:1`)
  const hidden = await run('nobody', 'podman', [...root, 'pull', '-q', ...plain, `${host}/acme/secret:ci`])
  expect([hidden.failed, /unauthorized|denied/.test(hidden.said)]).toEqual([true, true])
})
