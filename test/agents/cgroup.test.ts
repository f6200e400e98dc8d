import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blkioStat, cgroupPaths, cgroupVersion, ioStat, openCgroup } from '#agents/host/cgroup.ts'

const ID = '4c01db0b339c6e3f7e5a1f0f2f6f6e9a0a1b2c3d4e5f60718293a4b5c6d7e8f9'
const roots = (version: 'v1' | 'v2') => {
  const at = join(import.meta.dirname, 'fixtures', version)
  return { proc: join(at, 'proc'), cgroup: join(at, 'cgroup') }
}

test('a version 2 cgroup is read from its unified directory', () => {
  expect(cgroupVersion(roots('v2'))).toBe(2)
  const cgroup = openCgroup(roots('v2'), 4242, ID)
  expect(cgroup.read()).toEqual({
    cpuUs: 123_456_789,
    throttledUs: 4_567_890,
    memoryBytes: 104_857_600 - 31_457_280,
    blockReadBytes: 4_097_000,
    blockWriteBytes: 8_194_000,
  })
  expect(cgroup.state()).toEqual({ pids: 17, oomKills: 1, cpuPressureCenti: 1_234, memoryPressureCenti: 5 })
  cgroup.close()
})

test('a version 1 cgroup is read from a directory a controller, its nanoseconds beyond 2^53 too', () => {
  expect(cgroupVersion(roots('v1'))).toBe(1)
  const cgroup = openCgroup(roots('v1'), 4242, ID)
  expect(cgroup.read()).toEqual({
    cpuUs: 8_123_456_789_012_345,
    throttledUs: 5_000,
    memoryBytes: 104_857_600 - 20_971_520,
    blockReadBytes: 4_097,
    blockWriteBytes: 8_194,
  })
  expect(cgroup.state()).toEqual({ pids: 5, oomKills: 3, cpuPressureCenti: null, memoryPressureCenti: null })
  cgroup.close()
})

test('groups that a container makes below its own are cut off', () => {
  const path = (text: string, controller: string) => cgroupPaths(text, 'abc').get(controller)?.path
  expect(path('0::/machine.slice/libpod-abc.scope/container', '')).toBe('/machine.slice/libpod-abc.scope')
  expect(path('5:pids:/docker/abc/init.scope', 'pids')).toBe('/docker/abc')
  expect(path('4:cpu,cpuacct:/user.slice/user-1000.slice/abc', 'cpuacct')).toBe('/user.slice/user-1000.slice/abc')
})

test('a process that is gone has no cgroup', () => {
  expect(() => openCgroup(roots('v2'), 1, ID)).toThrow('ENOENT')
})

test('no block traffic is nothing, not unknown', () => {
  expect(ioStat('')).toEqual({ read: 0, write: 0 })
  expect(blkioStat('Total 0\n')).toEqual({ read: 0, write: 0 })
})
