import { expect, test } from 'vitest'
import { lesserApi, socketPaths } from '#agents/host/engine.ts'
import { parseEvent, parseInspect, parseList } from '#agents/host/inspect.ts'

const docker = {
  Id: 'c1',
  Name: '/web',
  Image: 'sha256:aa',
  RestartCount: 2,
  LogPath: '/d/c1-json.log',
  State: { Running: true, Pid: 42, StartedAt: '2026-01-01T00:00:00.5Z', ExitCode: 0 },
  Config: { Image: 'web:1', Labels: { 'io.wharfinger.account': 'acme' } },
  HostConfig: { Memory: 209_715_200, NanoCpus: 1_500_000_000, PidsLimit: 100, RestartPolicy: { Name: 'always' } },
  GraphDriver: { Data: { UpperDir: '/d/diff' } },
  Mounts: [
    { Type: 'volume', Name: 'data', Source: '/d/volumes/data/_data' },
    { Type: 'bind', Source: '/etc' },
  ],
}

test('an inspection gives identity, limits, layer, log and volumes', () => {
  expect(parseInspect(docker)).toMatchObject({
    id: 'c1',
    name: 'web',
    image: 'web:1',
    labels: { 'io.wharfinger.account': 'acme' },
    pid: 42,
    restarts: 2,
    restartPolicy: 'always',
    limits: { memoryMib: 200, cpuMilli: 1_500, pids: 100 },
    logPath: '/d/c1-json.log',
    upperDir: '/d/diff',
    volumes: [{ name: 'data', path: '/d/volumes/data/_data' }],
  })
})

test('limits by quota are told in thousandths of a core, none are absent', () => {
  const by = (HostConfig: object) => parseInspect({ ...docker, HostConfig }).limits
  expect(by({ CpuQuota: 25_000, CpuPeriod: 50_000 })).toEqual({ cpuMilli: 500 })
  expect(by({ CpuQuota: -1, PidsLimit: -1, Memory: 0 })).toBeUndefined()
  expect(by({ PidsLimit: null })).toBeUndefined()
})

test('what a tenant chose is cut to what a report may hold, its owner’s label never', () => {
  const many = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`a${n}`, 'x'.repeat(9_000)]))
  const { labels, name } = parseInspect({
    ...docker,
    Name: `/${'n'.repeat(2_000)}`,
    Config: { Labels: { ...many, 'io.wharfinger.account': 'ac\0me' } },
  })
  expect(Object.keys(labels)).toHaveLength(256)
  expect(labels['io.wharfinger.account']).toBe('acme')
  expect(Math.max(...Object.values(labels).map((label) => label.length))).toBe(8_192)
  expect(name.length).toBeLessThanOrEqual(512)
})

test('half an answer is no container, or one with less known', () => {
  expect(() => parseInspect({})).toThrow('no container')
  expect(() => parseInspect(null)).toThrow('no container')
  expect(parseInspect({ Id: 'c1' })).toMatchObject({ running: false, labels: {}, volumes: [], upperDir: '' })
})

test('events of Docker and Podman are read, other values are none', () => {
  const event = {
    Type: 'container',
    Action: 'die',
    Actor: { ID: 'c1', Attributes: { exitCode: '137' } },
    timeNano: 5e18,
  }
  expect(parseEvent(event)).toEqual({ type: 'container', action: 'die', id: 'c1', exitCode: 137, timeNano: 5e18 })
  expect(parseEvent({ status: 'start', id: 'c1', time: 3 })).toMatchObject({ action: 'start', id: 'c1', timeNano: 3e9 })
  expect(
    parseEvent({ Type: 'container', Action: 'die', Actor: { ID: 'c1', Attributes: { exitCode: '-1' } } }),
  ).not.toHaveProperty('exitCode')
  expect(parseEvent('x')).toBeNull()
})

test('a list tells which containers hold a cgroup', () => {
  const list = parseList([
    { Id: 'a', State: 'running', Names: ['/x'] },
    { Id: 'b', State: 'exited' },
    { Id: 'c', State: 'paused' },
  ])
  expect(list.map(({ running }) => running)).toEqual([true, false, true])
})

test('the API version is the lesser of the two sides’', () => {
  expect(lesserApi('1.41', '1.47')).toBe('1.41')
  expect(lesserApi('1.51', '1.47')).toBe('1.47')
  expect(lesserApi('1.9', '1.47')).toBe('1.9')
})

test('DOCKER_HOST wins over the usual sockets', () => {
  expect(socketPaths({ DOCKER_HOST: 'unix:///run/x.sock' }, 0)).toEqual(['/run/x.sock'])
  expect(socketPaths({}, 1000)).toContain('/run/user/1000/podman/podman.sock')
})
