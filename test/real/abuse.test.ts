import { afterAll, beforeAll, expect, test } from 'vitest'
import { HONEST, OFFENDERS, SHORT } from '../corpus/abuse/cases.ts'
import { runCorpus } from '../corpus/abuse/run.ts'
import { enrolAgent, type AgentProcess } from '../support/agentProcess.ts'
import { startControlPlane, type ControlPlane } from '../support/controlPlane.ts'
import { startDocker, type Engine } from '../support/docker.ts'
import { mutate } from '../support/steps.ts'

let engine: Engine
let plane: ControlPlane
let agent: AgentProcess

beforeAll(async () => {
  const env = { WHARF_ROLES: 'ingest,worker', WHARF_ABUSE_BREAKER_ACCOUNTS: '10000', WHARF_ABUSE_BREAKER_SHARE: '1' }
  ;[engine, plane] = await Promise.all([startDocker(), startControlPlane({ env })])
  await mutate(plane, 'hosts.clusters.create', { name: 'quay', kind: 'free' })
  agent = await enrolAgent(plane, { cluster: 'quay', hostname: 'berth', engineSocket: engine.socketPath })
  await agent.start()
})

afterAll(async () => {
  await agent?.remove()
  await plane?.remove()
  await engine?.stop()
})

test('offenders of the corpus are stopped and their honest twins left alone', async () => {
  const cases = [...OFFENDERS, ...HONEST].filter(({ name }) => SHORT.has(name))
  const results = await runCorpus(engine, cases, { leastS: 15, mostS: 60 })
  const became = (one: (typeof results)[number]) => (one.stopS !== null ? 'stop' : one.throttled ? 'throttle' : 'leave')
  expect(results.map((one) => `${one.of.name}: ${became(one)}`).toSorted()).toEqual(
    cases.map(({ name, expect: right }) => `${name}: ${right}`).toSorted(),
  )
})
