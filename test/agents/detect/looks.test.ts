import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
  type Stats,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { namesOf } from '#agents/host/detect/case.ts'
import { createExecutables } from '#agents/host/detect/executable.ts'
import { createReads } from '#agents/host/detect/reads.ts'
import { deepPauseMs, nextLook } from '#agents/host/detect/schedule.ts'
import { createSharedPrograms } from '#agents/host/detect/seen.ts'
import { createShape } from '#agents/host/detect/shape.ts'
import { createHeld, createMinute, createSigns } from '#agents/host/detect/signs.ts'
import { connected, mailed, parseSockets, talked, tried } from '#agents/host/detect/sockets.ts'
import { parseStat } from '#agents/host/detect/stat.ts'
import { createWatched } from '#agents/host/detect/watched.ts'
import { parseInspect } from '#agents/host/inspect.ts'

const folder = mkdtempSync(join(tmpdir(), 'wharf-looks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const stat = (pid: number, name: string, cpuTicks: number, more: { parent?: number; bytes?: number } = {}) =>
  `${pid} (${name}) S ${more.parent ?? 1} 1 1 0 -1 0 0 0 0 0 ${cpuTicks} 0 0 0 20 0 2 0 100 ${more.bytes ?? 1e6} 10 0 0 0\n`

test('a process’s name may hold anything', () => {
  expect(parseStat(stat(7, 'a) R 1 (b\u001b[0m\n', 250))).toMatchObject({ pid: 7, parent: 1, cpuMs: 2_500, threads: 2 })
  for (const text of ['', '7', '7 (a', '7 (a) S', ')(', '7 (a) S x y z']) expect(parseStat(text)).toBeNull()
})

const ESTABLISHED =
  '   1: 0100007F:1F90 0A00020A:0D05 01 00000000:00000000 00:00000000 00000000     0        0 4242 1 0000 20 4 0 10 -1\n'

test('sockets are read as the kernel writes them', () => {
  const six =
    '   0: 0000000000000000FFFF00000100007F:0019 0000000000000000FFFF00000A00020A:9C40 02 0:0 00:00 00     0        0 9 1\n'
  const sockets = parseSockets(`header\n${ESTABLISHED}${six}garbage\n`)
  expect(sockets).toMatchObject([
    { localAddress: '127.0.0.1', localPort: 8080, address: '10.2.0.10', port: 3333, state: '01', inode: 4242 },
    { localAddress: '127.0.0.1', localPort: 25, address: '10.2.0.10', port: 40000, state: '02' },
  ])
  expect(connected(sockets)).toHaveLength(1)
  expect(tried(sockets)).toEqual(['10.2.0.10'])
  expect(mailed(sockets)).toEqual([])
  expect(parseSockets(ESTABLISHED.repeat(50_000))).toHaveLength(20_000)
})

test('lists of sockets are read only where there are some, and again where their number has changed', async () => {
  const { watched } = machine('sockets-host', { 100: { stat: stat(100, 'sh', 0) } })
  const net = join(folder, 'sockets-host', 'proc', '100', 'net')
  mkdirSync(net)
  const count = (tcp: number) =>
    writeFileSync(
      join(net, 'sockstat'),
      `sockets: used 9\nTCP: inuse ${tcp} orphan 0 tw 0 alloc 4 mem 0\nUDP: inuse 0 mem 0\n`,
    )
  writeFileSync(join(net, 'tcp'), ESTABLISHED)
  count(0)
  expect(await watched.sockets(0, 0)).toEqual({ tcp: [], udp: [] })
  count(1)
  expect((await watched.sockets(1_000, 60_000)).tcp).toHaveLength(1)
  writeFileSync(join(net, 'tcp'), ESTABLISHED + ESTABLISHED)
  expect((await watched.sockets(2_000, 60_000)).tcp).toHaveLength(1)
  expect((await watched.sockets(70_000, 60_000)).tcp).toHaveLength(2)
  rmSync(join(net, 'sockstat'))
  writeFileSync(join(net, 'tcp'), ESTABLISHED)
  expect((await watched.sockets(71_000, 60_000)).tcp).toHaveLength(1)
})

/** A connection to a pool, say. */
const CALL = parseSockets(ESTABLISHED)

test('a connection that is over was one', () => {
  expect(talked(parseSockets(ESTABLISHED.replace(' 01 ', ' 06 ')))).toHaveLength(1)
  expect(talked(parseSockets(ESTABLISHED.replace(' 01 ', ' 02 ')))).toEqual([])
})

test('connections that others opened are not its own', () => {
  const listener = ESTABLISHED.replace('0A00020A:0D05 01', '00000000:0000 0A')
  expect(connected(parseSockets(listener + ESTABLISHED))).toEqual([])
})

test('the young, the busy and suspects are looked at sooner', () => {
  const pace = { startedMonoMs: 0, lookedMonoMs: 100_000, busy: false, closelyUntilMonoMs: 0 }
  expect(nextLook(pace)).toBe(160_000)
  expect(nextLook({ ...pace, busy: true })).toBe(110_000)
  expect(nextLook({ ...pace, closelyUntilMonoMs: 100_001 })).toBe(101_000)
  expect(nextLook({ ...pace, startedMonoMs: 99_000 })).toBe(101_000)
  expect([0, 1, 2, 50].map(deepPauseMs)).toEqual([4_000, 8_000, 16_000, 1_800_000])
})

test('flat cpu without input or output is told apart from work', () => {
  const of = (cpu: (n: number) => number, io = 0) => {
    const shape = createShape()
    for (let n = 0; n <= 30; n++) {
      shape.add({
        monoMs: n * 10_000,
        cpuUs: cpu(n),
        throttledUs: 0,
        memoryBytes: 0,
        blockReadBytes: n * io,
        blockWriteBytes: 0,
        rxBytes: 0,
        txBytes: 0,
      })
    }
    return shape.of(null)
  }
  expect(of((n) => n * 9_950_000)).toMatchObject({ flatS: 290, limitPercent: null })
  expect(of((n) => n * 9_950_000 + (n % 2) * 3_000_000).flatS).toBeLessThan(60)
  expect(of((n) => n * 9_950_000, 5_000_000).flatS).toBe(0)
  const limited = createShape()
  for (let n = 0; n < 9; n++)
    limited.add({
      monoMs: n * 10_000,
      cpuUs: n * 990_000,
      throttledUs: 0,
      memoryBytes: 0,
      blockReadBytes: 0,
      blockWriteBytes: 0,
      rxBytes: 0,
      txBytes: 0,
    })
  expect(limited.of(0.1).limitPercent).toBeCloseTo(99)
})

test('what holds is counted from its beginning, and a minute forgets', () => {
  const held = createHeld()
  expect([held(true, 0), held(true, 5_000), held(false, 6_000), held(true, 7_000)]).toEqual([0, 5, 0, 0])
  const minute = createMinute()
  expect([minute(['a', 'b'], 0), minute(['b', 'c'], 30_000), minute([], 70_000), minute([], 200_000)]).toEqual([
    2, 3, 2, 0,
  ])
})

test('a log’s growth is told once it is fast, with how long it has been', () => {
  const signs = createSigns()
  for (let n = 0; n <= 4; n++) signs.log(n * 100_000_000, n * 5_000)
  const quiet = { percent: 0, flatS: 0, limitPercent: null }
  expect(signs.observations(quiet, 1)).toEqual([{ signal: 'log.growth', value: 20_000_000, heldS: 20 }])
  signs.log(400_000_100, 25_000)
  expect(signs.observations(quiet, 1)).toEqual([])
  expect(signs.observations(quiet, 4)).toEqual([{ signal: 'restart.cadence', value: 4, heldS: 0 }])
})

test('a read that hangs is given up, and with two of them nothing more is read that way', async () => {
  vi.useFakeTimers()
  try {
    let release: (() => void)[] = []
    const reads = createReads(1_000, 2, {
      open: () => new Promise<number>((_, reject) => release.push(() => reject(new Error('gone')))),
      read: async () => 0,
      close: async () => {},
      stat: () => new Promise<Stats>((_, reject) => release.push(() => reject(new Error('gone')))),
    })
    const hanging = [reads.text('/a', 10), reads.stat('/b')].map((reading) => expect(reading).rejects.toThrow(/hangs/))
    await vi.advanceTimersByTimeAsync(1_000)
    await Promise.all(hanging)
    expect(reads.stuck()).toBe(2)
    await expect(reads.text('/c', 10)).rejects.toThrow(/too many/)
    await expect(reads.stat('/c')).rejects.toThrow(/too many/)
    for (const free of release) free()
    release = []
    await vi.advanceTimersByTimeAsync(0)
    expect(reads.stuck()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('a file without end is read up to its bound', async () => {
  expect(await createReads().text('/dev/zero', 100_000)).toHaveLength(100_000)
})

type Recorded = { stat: string; cmdline?: string; maps?: string; exe?: string; memory?: Record<number, string> }

/** Memory with these texts at their addresses, as the kernel shows it. */
const writeMemory = (folder: string, memory: Record<number, string>) => {
  const [mem, pagemap] = ['mem', 'pagemap'].map((name) => openSync(join(folder, name), 'w'))
  for (const [at, text] of Object.entries(memory)) {
    writeSync(mem!, Buffer.from(text.padEnd(4096, '\0')), 0, 4096, Number(at))
    writeSync(pagemap!, Buffer.from([0x80]), 0, 1, (Number(at) / 4096) * 8 + 7)
  }
  for (const file of [mem!, pagemap!]) closeSync(file)
}

/** A recorded tree with one container of these processes. */
const machine = (name: string, processes: Record<number, Recorded>, programs = createSharedPrograms()) => {
  const proc = join(folder, name, 'proc')
  const cgroup = join(folder, name, 'cgroup')
  mkdirSync(join(cgroup, 'docker', 'c1'), { recursive: true })
  writeFileSync(join(cgroup, 'cgroup.controllers'), 'cpu\n')
  const write = (all: typeof processes) => {
    writeFileSync(join(cgroup, 'docker', 'c1', 'cgroup.procs'), `${Object.keys(all).join('\n')}\n999999\n`)
    for (const [pid, { stat: text, cmdline = '', maps = '', exe, memory }] of Object.entries(all)) {
      mkdirSync(join(proc, pid), { recursive: true })
      writeFileSync(join(proc, pid, 'cgroup'), '0::/docker/c1\n')
      writeFileSync(join(proc, pid, 'stat'), text)
      writeFileSync(join(proc, pid, 'cmdline'), cmdline)
      writeFileSync(join(proc, pid, 'maps'), maps)
      if (memory) writeMemory(join(proc, pid), memory)
      if (exe) {
        rmSync(join(proc, pid, 'exe'), { force: true })
        symlinkSync(exe, join(proc, pid, 'exe'))
      }
    }
  }
  write(processes)
  const reads = createReads()
  const roots = { proc, cgroup }
  const watched = createWatched(
    { roots, reads, executables: createExecutables(reads, proc), programs, random: () => 0.5 },
    { id: 'c1', pid: 100, app: 'acme/web', startedMonoMs: 0 },
  )
  const look = async (now: number) => {
    await watched.glance(now)
    await watched.inspect(now, CALL, false)
    await watched.settled()
  }
  const signals = (now: number) => watched.observations(now).map(({ signal }) => signal)
  return { watched, write, look, signals }
}

const line = (start: number, pages: number, path: string) =>
  `${start.toString(16)}-${(start + pages * 4096).toString(16)} rw-p 00000000 00:00 0 ${path}\n`
const DATASET = `7f0000000000-7f0082000000 rw-p 00000000 00:00 0 \n100000-101000 rwxp 00000000 00:00 0 \n`

test('a busy program with memory like RandomX’s is seen, with what it calls itself cut and raw', async () => {
  const cmdline = `\u001b[31m<b>nginx</b>\0--donate-level\0${'x'.repeat(9_000)}`
  const { watched } = machine('busy', {
    100: { stat: stat(100, 'sh', 0, { parent: 0 }) },
    101: {
      stat: stat(101, 'worker', 500, { parent: 100, bytes: 2_300 * 2 ** 20 }),
      cmdline,
      maps: DATASET,
      exe: '/gone (deleted)',
    },
  })
  await watched.glance(10_000)
  expect(watched.isBusy(10_000)).toBe(true)
  // Its memory cannot be read here: the size speaks alone once it has been so for a while.
  expect(watched.observations(10_000).map(({ signal }) => signal)).not.toContain('memory.randomx_geometry')
  const seen = watched.observations(20_000)
  expect(seen).toContainEqual(
    expect.objectContaining({ signal: 'memory.randomx_geometry', value: 2080, subject: '101 worker' }),
  )
  expect(seen).toContainEqual(expect.objectContaining({ signal: 'exe.deleted', value: true }))
  const flags = seen.find(({ signal }) => signal === 'process.flags')
  expect(String(flags?.value).startsWith('\u001b[31m<b>nginx</b> --donate-level xxx')).toBe(true)
  expect(String(flags?.value).length).toBeLessThanOrEqual(400)
})

test('an idle program is left alone, however large, and one that ended is forgotten', async () => {
  const idle = { stat: stat(101, 'model', 1, { parent: 100, bytes: 2_300 * 2 ** 20 }), maps: DATASET }
  const { watched, write } = machine('idle', { 100: { stat: stat(100, 'sh', 0) }, 101: idle })
  await watched.glance(60_000)
  expect(watched.observations(60_000)).toEqual([])
  write({
    100: { stat: stat(100, 'sh', 0) },
    101: { ...idle, stat: stat(101, 'model', 900, { bytes: 2_300 * 2 ** 20 }) },
  })
  await watched.glance(70_000)
  expect(watched.observations(85_000).map(({ signal }) => signal)).toContain('memory.randomx_geometry')
  write({ 100: { stat: stat(100, 'sh', 0) } })
  await watched.glance(90_000)
  expect(watched.observations(90_000)).toEqual([])
})

test('thousands of processes are looked at within bounds', async () => {
  const { watched, write } = machine('many', { 100: { stat: stat(100, 'sh', 0) } })
  await watched.glance(10_000)
  const all = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [100 + n, { stat: stat(100 + n, 'f', 200) }]))
  write(all)
  await watched.glance(11_000)
  expect(watched.processes()).toBe(601)
  expect(watched.forksPerS()).toBeGreaterThan(500)
  expect(watched.observations(11_000).length).toBeLessThanOrEqual(80)
})

const HEAP = 0x200000
const SMALL = `${line(HEAP, 4, '[heap]')}`
/** A dataset that nothing was written to, beside a small heap. */
const LARGE = `${SMALL}${line(0x10000000, 2080 * 256, '')}`
const share = (n: number) => `{"id":${n},"method":"mining.submit","params":["w","job","0000000${n}"]}\n`
const program = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const miner = (pid: number, exe: string, text: string, more: Partial<Recorded> = {}): Recorded => ({
  stat: stat(pid, 'worker', 500, { parent: 100, bytes: 2_300 * 2 ** 20 }),
  maps: LARGE,
  memory: { [HEAP]: text },
  exe,
  ...more,
})
const shell = { 100: { stat: stat(100, 'sh', 0, { parent: 0 }) } }

test('a program that is started again and again goes on where it was', async () => {
  const exe = program('restarted', 'code')
  const { look, signals, write } = machine('restarted-host', { ...shell, 101: miner(101, exe, share(1)) })
  await look(10_000)
  expect(signals(10_000)).not.toContain('memory.stratum_words')
  write({ ...shell, 102: miner(102, exe, share(2)) })
  await look(14_000)
  expect(signals(14_000)).toEqual(expect.arrayContaining(['memory.stratum_words', 'memory.randomx_geometry']))
})

test('small ones of one app are one program; another app’s are not, nor what was heard before it started', async () => {
  const exe = program('small', 'code')
  const programs = createSharedPrograms()
  const one = machine('small-1', { ...shell, 101: miner(101, exe, share(1)) }, programs)
  const other = machine('small-2', { ...shell, 101: miner(101, exe, share(2)) }, programs)
  const stranger = machine('small-3', { ...shell, 101: miner(101, program('strange', 'other'), share(3)) }, programs)
  await one.look(10_000)
  await other.look(12_000)
  await stranger.look(12_000)
  await other.look(13_000)
  expect(one.signals(13_000)).toContain('memory.stratum_words')
  expect(stranger.signals(13_000)).not.toContain('memory.stratum_words')
})

test('memory that holds nothing is no company for words in a file, but it is for a conversation', async () => {
  const exe = program('signatures', 'xmrig randomx')
  const { look, signals, write } = machine('signatures-host', { ...shell, 101: miner(101, exe, 'nothing') })
  await look(10_000)
  await look(30_000)
  expect(signals(30_000)).toContain('exe.miner_strings')
  expect(signals(30_000)).not.toContain('memory.randomx_geometry')
  for (const n of [1, 2]) {
    write({ ...shell, 101: miner(101, exe, share(n)) })
    await look(30_000 + n * 1_000)
  }
  expect(signals(32_000)).toContain('memory.randomx_geometry')
})

test('an idle process of the same program may do the talking', async () => {
  const exe = program('parted', 'code')
  const { look, signals, write } = machine('parted-host', shell)
  for (const n of [1, 2]) {
    const idle = { stat: stat(101, 'worker', 1, { parent: 100 }), maps: SMALL }
    write({ ...shell, 101: miner(101, exe, share(n), idle), 102: miner(102, exe, 'nothing') })
    await look(10_000 + n * 1_000)
  }
  expect(signals(12_000)).toEqual(expect.arrayContaining(['memory.stratum_words', 'memory.randomx_geometry']))
})

test('a process whose memory map has ten thousands of lines is looked at, and a clock that stands still divides nothing', async () => {
  const maps = Array.from({ length: 60_000 }, (_, n) => line(0x10000 + n * 8192, 1, `\u001b[31m${n}`)).join('')
  const { look, signals, watched } = machine('maps-host', {
    ...shell,
    101: { stat: stat(101, 'a', 500, { parent: 100, bytes: 2_300 * 2 ** 20 }), maps, memory: {} },
  })
  for (const now of [10_000, 10_000, 9_000, 10_000]) await look(now)
  expect(signals(10_000)).toContain('process.name')
  expect(watched.forksPerS()).toBe(0)
  expect(watched.busyPercent(10_000)).toBeLessThan(Number.POSITIVE_INFINITY)
})

test('a container that ends in the middle of a look is not seen, and nothing fails', async () => {
  const exe = program('ending', 'code')
  const { look, signals, watched } = machine('ending-host', { ...shell, 101: miner(101, exe, share(1)) })
  await watched.glance(10_000)
  rmSync(join(folder, 'ending-host', 'proc'), { recursive: true })
  await expect(watched.inspect(10_500, CALL, false)).resolves.toBeUndefined()
  await look(11_000)
  expect(signals(11_000)).toEqual([])
})

test('of a file of names that a container let grow no more is read than names need', () => {
  const hostsPath = join(folder, 'hosts')
  writeFileSync(hostsPath, '10.9.9.9\tPool.Example.COM pool # a comment\n')
  truncateSync(hostsPath, 20_000_000_000)
  const is = { ...parseInspect({ Id: 'a' }), hostsPath }
  const container = { is, probe: null, epoch: 1, created: true, codeless: null, lastState: '' }
  const nameOf = namesOf(container, { all: () => new Map([['a', container]]).values() })
  expect([nameOf('10.9.9.9'), nameOf('10.9.9.8')]).toEqual(['pool.example.com', undefined])
})
