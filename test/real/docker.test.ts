import { existsSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startDocker } from '../support/docker.ts'

const docker = await startDocker()
afterAll(() => docker.stop())

const fetchText = (port: number) =>
  new Promise<string>((resolve, reject) => {
    const call = get({ host: '127.0.0.1', port, path: '/hello' }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve(text))
    })
    call.on('error', reject)
  })

test('a container runs with its labels and its quota', async () => {
  const container = await docker.run({
    command: ['sh', '-c', 'echo started; sleep 600'],
    labels: { 'io.wharfinger.account': 'acme' },
    cpus: 0.25,
    memoryMib: 32,
  })
  const found = await docker.call<{ Id: string; Labels: Record<string, string> }[]>('GET', '/containers/json')
  expect(found.find(({ Id }) => Id === container.id)?.Labels['io.wharfinger.account']).toBe('acme')

  const quotas = ['/sys/fs/cgroup/cpu/docker', '/sys/fs/cgroup/system.slice']
    .flatMap((folder) => [
      join(folder, container.id, 'cpu.cfs_quota_us'),
      join(folder, `docker-${container.id}.scope`, 'cpu.max'),
    ])
    .filter((path) => existsSync(path))
    .map((path) => Number(readFileSync(path, 'utf8').split(' ')[0]))
  expect(quotas).toEqual([25_000])
  expect((await container.inspect()).State.Running).toBe(true)
})

test('a command in a container gives its output and exit code', async () => {
  const container = await docker.run({ command: ['sleep', '600'] })
  // Two streams: the engine may pass on either first.
  const { output, exitCode } = await container.exec(['sh', '-c', 'echo out; echo err >&2; exit 3'])
  expect(output.split('\n').toSorted()).toEqual(['', 'err', 'out'])
  expect(exitCode).toBe(3)
})

test('a published port reaches the container', async () => {
  const script = 'echo hello from the container > /data/hello; httpd -f -p 80 -h /data'
  const container = await docker.run({ command: ['sh', '-c', script], ports: [80] })
  const port = await container.port(80)
  await expect.poll(() => fetchText(port).catch(() => ''), { timeout: 60_000 }).toBe('hello from the container\n')
})

test('a container that ends tells its exit code and its log', async () => {
  const container = await docker.run({ command: ['sh', '-c', 'echo last words; exit 7'] })
  expect(await container.wait()).toBe(7)
  expect(await container.logs()).toBe('last words\n')
})
