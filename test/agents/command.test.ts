import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { objection, readCommand } from '#agents/host/command.ts'
import { cpuRestore, cpuUpdate } from '#agents/host/execute.ts'
import { signText, type Command } from '#agents/protocol.ts'

const pinned = generateKeyPairSync('ed25519')
const command: Command = {
  id: 5,
  hostId: 7,
  kind: 'stop',
  epoch: 99,
  containerId: 'c0ffee',
  args: {},
  issuedAtMs: 1_000,
  expiresAtMs: 61_000,
}
const signed = (payload: string, key = pinned.privateKey) => ({ payload, signature: signText(key, payload) })

test('a command counts with the pinned key’s signature alone', () => {
  const payload = JSON.stringify(command)
  expect(readCommand(signed(payload), pinned.publicKey)).toEqual(command)
  expect(readCommand(signed(payload, generateKeyPairSync('ed25519').privateKey), pinned.publicKey)).toBeNull()
  const other = { ...signed(payload), payload: JSON.stringify({ ...command, kind: 'delete' }) }
  expect(readCommand(other, pinned.publicKey)).toBeNull()
  expect(readCommand({ payload, signature: '' }, pinned.publicKey)).toBeNull()
})

test('a signed text that is no command is left alone', () => {
  for (const odd of [
    '',
    'null',
    '{}',
    JSON.stringify({ ...command, kind: 'format' }),
    JSON.stringify({ ...command, epoch: '99' }),
  ]) {
    expect(readCommand(signed(odd), pinned.publicKey)).toBeNull()
  }
})

test('it is refused for another host, another life and an unknown container, and expires', () => {
  expect(objection(command, 7, 2_000, [3, 99])).toBeNull()
  expect(objection(command, 8, 2_000, [99])?.outcome).toBe('refused')
  expect(objection(command, 7, 2_000, [98])?.outcome).toBe('refused')
  expect(objection(command, 7, 2_000, [])?.outcome).toBe('refused')
  expect(objection(command, 7, 61_000, [99])?.outcome).toBe('expired')
  expect(objection({ ...command, containerId: '../images/x' }, 7, 2_000, [99])?.outcome).toBe('refused')
})

test('cpu is limited by the one field that a container has', () => {
  expect(cpuUpdate({ NanoCpus: 2e9, CpuQuota: 0, CpuPeriod: 0 }, 250)).toEqual({ NanoCpus: 250_000_000 })
  expect(cpuUpdate({ NanoCpus: 0, CpuQuota: 100_000, CpuPeriod: 50_000 }, 250)).toEqual({
    CpuPeriod: 50_000,
    CpuQuota: 12_500,
  })
  expect(cpuUpdate({ NanoCpus: 0, CpuQuota: 0, CpuPeriod: 0 }, 1)).toEqual({ CpuPeriod: 100_000, CpuQuota: 1_000 })
})

test('unthrottling gives back what was, also no limit at all', () => {
  expect(cpuRestore({ NanoCpus: 2e9, CpuQuota: 0, CpuPeriod: 0 })).toEqual({ NanoCpus: 2e9 })
  expect(cpuRestore({ NanoCpus: 0, CpuQuota: 70_000, CpuPeriod: 50_000 })).toEqual({
    CpuPeriod: 50_000,
    CpuQuota: 70_000,
  })
  expect(cpuRestore({ NanoCpus: 0, CpuQuota: 0, CpuPeriod: 0 })).toEqual({ CpuPeriod: 100_000, CpuQuota: -1 })
})
