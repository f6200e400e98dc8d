import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { createCommands } from '#agents/host/commands.ts'
import type { Container } from '#agents/host/containers.ts'
import { EngineError, type Engine } from '#agents/host/engine.ts'
import type { Before } from '#agents/host/state.ts'
import { signText, type Command, type CommandKind, type CommandResult } from '#agents/protocol.ts'
import { controlPlane } from './controlPlane.ts'

const HOST = 7
type Saved = { results: CommandResult[]; unsent: number[]; before: Record<string, Before> }

/** A control plane with one pending command for the container `c`, and agents that take what the one before saved. */
const place = async (kind: CommandKind, engineCall: Engine['call'], args: Command['args'] = {}) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const issued: Command = {
    id: 41,
    hostId: HOST,
    kind,
    epoch: 1,
    containerId: 'c',
    args,
    issuedAtMs: Date.now(),
    expiresAtMs: Date.now() + 600_000,
  }
  const payload = JSON.stringify(issued)
  const told: CommandResult[] = []
  const plane = await controlPlane(({ path, body }) => {
    if (path === '/v1/agents/results')
      told.push(...(JSON.parse(body.toString()) as { results: CommandResult[] }).results)
    const commands = told.length === 0 ? [{ payload, signature: signText(privateKey, payload) }] : []
    return { status: 200, json: { commands, serverTimeMs: Date.now(), contiguousSeq: 0, maxSeq: 0 } }
  })
  const engine: Engine = {
    name: 'docker',
    version: '28',
    call: engineCall,
    follow: () => Promise.resolve(),
    close: () => {},
  }
  let disk = JSON.stringify({ results: [], unsent: [], before: {} })
  const agent = (epochs: number[], isReady = () => true) => {
    const saved = JSON.parse(disk) as Saved
    const is = { id: 'c', running: true, restartPolicy: 'no', cpu: { NanoCpus: 0, CpuQuota: 0, CpuPeriod: 0 } }
    const commands = createCommands({
      api: plane.api,
      hostId: HOST,
      serverKey: publicKey,
      corrected: Date.now,
      containers: {
        engine: () => engine,
        epochsOf: () => epochs,
        inspect: () => Promise.resolve(),
        get: () => (epochs.length > 0 ? ({ is } as Container) : undefined),
        readNow: () => {},
      },
      log: () => {},
      saved,
      save: () => (disk = JSON.stringify(commands.saved())),
      onKnown: () => {},
      isReady,
    })
    return commands
  }
  return { agent, told }
}

test('a restart that a crash cut off is told as done, though its container lives another life', async () => {
  const calls: string[] = []
  // The engine restarts the container, but its answer finds nobody.
  const { agent, told } = await place('restart', (_, path) => {
    calls.push(path)
    return new Promise(() => {})
  })
  await agent([1]).poll()
  await expect.poll(() => calls).toEqual(['/containers/c/restart?t=10'])
  await agent([2]).poll()
  await expect.poll(() => told).toEqual([{ id: 41, outcome: 'done', detail: 'restarted' }])
  expect(calls).toHaveLength(1)
})

test('a restart of an earlier life that somebody else ended is refused', async () => {
  const { agent, told } = await place('restart', () => Promise.reject(new Error('nothing is asked of the engine')))
  await agent([2]).poll()
  await expect.poll(() => told).toMatchObject([{ outcome: 'refused' }])
})

test('a deletion has come true where the engine has no such container, and only there', async () => {
  const missing = await place('delete', () => Promise.reject(new EngineError(404, 'No such container')))
  await missing.agent([]).poll()
  await expect.poll(() => missing.told).toMatchObject([{ outcome: 'done', detail: 'it was gone already' }])
  const unseen = await place('delete', () => Promise.reject(new Error('the engine gave no answer')))
  await unseen.agent([]).poll()
  await expect.poll(() => unseen.told).toMatchObject([{ outcome: 'refused' }])
})

test('until the containers are known a command stays pending', async () => {
  let known = false
  const { agent, told } = await place('kill', () => Promise.resolve(undefined))
  const commands = agent([1], () => known)
  await commands.poll()
  expect(told).toEqual([])
  known = true
  await commands.poll()
  await expect.poll(() => told).toMatchObject([{ outcome: 'done', detail: 'killed' }])
})

test('a volume is removed by its name; one that a container uses is left, and a name that leads elsewhere is refused', async () => {
  const calls: string[] = []
  const told = async (volume: string, answer: () => Promise<unknown>) => {
    const { agent, told } = await place(
      'remove_volume',
      (method, path) => {
        calls.push(`${method} ${path}`)
        return answer()
      },
      { volume },
    )
    await agent([]).poll()
    await expect.poll(() => told.length).toBe(1)
    return told[0]
  }
  const refuse = (status: number) => () => Promise.reject(new EngineError(status, 'no'))
  expect(await told('data', () => Promise.resolve(undefined))).toMatchObject({ outcome: 'done' })
  expect(await told('gone', refuse(404))).toMatchObject({ outcome: 'done', detail: 'it was gone already' })
  expect(await told('used', refuse(409))).toMatchObject({ outcome: 'refused', detail: 'a container uses it' })
  expect(await told('../containers/c', () => Promise.resolve(undefined))).toMatchObject({ outcome: 'refused' })
  expect(calls).toEqual(['DELETE /volumes/data', 'DELETE /volumes/gone', 'DELETE /volumes/used'])
})
