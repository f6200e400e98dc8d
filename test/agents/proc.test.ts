import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { busyUs, diskMounts, memoryOf } from '#agents/host/host.ts'
import { isHostLink, isLink, netDev, processStartMonoMs, upperDirOf } from '#agents/host/proc.ts'

const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1000       10    0    0    0     0          0         0     1000      10    0    0    0     0       0          0
  eth0:12345678901  99    0    0    0     0          0         0 987654321     88    0    0    0     0       0          0
veth12: 500         5    0    0    0     0          0         0      600       6    0    0    0     0       0          0
docker0: 50         5    0    0    0     0          0         0       60       6    0    0    0     0       0          0
`

test('a container’s traffic is that of all its interfaces but the loopback', () => {
  expect(netDev(NET_DEV, isLink)).toEqual({ rx: 12_345_678_901 + 550, tx: 987_654_321 + 660 })
})

test('a host’s traffic leaves out what bridges and veth pairs carry again', () => {
  expect(netDev(NET_DEV, isHostLink)).toEqual({ rx: 12_345_678_901, tx: 987_654_321 })
})

test('a process’s start is read behind a command name with parentheses and spaces', () => {
  const proc = mkdtempSync(join(tmpdir(), 'proc-'))
  mkdirSync(join(proc, '12'))
  const fields = ['S', ...Array.from({ length: 18 }, () => '0'), '98765', '1', '2']
  writeFileSync(join(proc, '12', 'stat'), `12 (a ) (b) c) ${fields.join(' ')}\n`)
  expect(processStartMonoMs(proc, 12)).toBe(987_650)
})

test('the writable layer is found in a process’s mounts', () => {
  const line =
    '501 400 0:52 / / rw,relatime - overlay overlay rw,lowerdir=/l/A:/l/B,upperdir=/var/lib/x/diff,workdir=/var/lib/x/work'
  expect(upperDirOf(`502 501 0:55 / /proc rw - proc proc rw\n${line}\n`)).toBe('/var/lib/x/diff')
  expect(upperDirOf('501 400 254:0 / / rw - ext4 /dev/vda rw')).toBeUndefined()
})

test('busy time leaves out idle, waiting and stolen time', () => {
  expect(busyUs('cpu  100 10 20 5000 300 3 4 999 50 0\ncpu0 1 1 1 1\n')).toBe(137 * 10_000)
})

test('memory in use is what is not available', () => {
  expect(memoryOf('MemTotal:        4096000 kB\nMemFree:  100 kB\nMemAvailable:    1024000 kB\n')).toEqual({
    usedMib: 3_000,
    totalMib: 4_000,
  })
})

test('one mount a real disk is read', () => {
  const mounts = [
    '/dev/vda1 / ext4 rw,relatime 0 0',
    '/dev/vda1 /var/lib/docker/volumes ext4 rw 0 0',
    'tmpfs /run tmpfs rw 0 0',
    'overlay /var/lib/docker/overlay2/x/merged overlay rw 0 0',
    'server:/export /mnt nfs4 rw 0 0',
    '/dev/vdb /data\\040disk xfs rw,prjquota 0 0',
  ].join('\n')
  expect(diskMounts(mounts).map(({ mount }) => mount)).toEqual(['/', '/data disk'])
})
