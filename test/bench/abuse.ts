import { startDocker } from '../support/docker.ts'
import { startControlPlane } from '../support/controlPlane.ts'
import { enrolAgent } from '../support/agentProcess.ts'
import { mutate } from '../support/steps.ts'
import { HONEST, OFFENDERS, SHORT, type Case } from '../corpus/abuse/cases.ts'
import { runCorpus, type Result } from '../corpus/abuse/run.ts'
import { figure } from './figure.ts'

const WINDOW = { leastS: 75, mostS: 90 }
const SHORT_WINDOW = { leastS: 30, mostS: 60 }

/** The families behind each recall that the targets name. */
const GROUPS: Record<string, string[]> = {
  recall_plain: ['plain'],
  recall_renamed: ['renamed', 'tls', 'proxy', 'memfd', 'deleted', 'supervised'],
  recall_throttled: ['throttled', 'burst', 'light', 'small'],
}

const isFound = ({ of, stopS, throttled }: Result) =>
  of.expect === 'stop' ? stopS !== null : throttled || stopS !== null
const share = (results: readonly Result[]) =>
  results.length === 0 ? 1 : results.filter(isFound).length / results.length
const quantile = (sorted: readonly number[], q: number) =>
  sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN

/**
 * The whole corpus as containers of a real engine under a real agent and control plane. Options: `short` runs a handful
 * of each; further words choose families. What was wrong is told on standard error.
 */
export default async function abuse(options: string[]): Promise<void> {
  const short = options.includes('short')
  const families = options.filter((option) => option !== 'short')
  const chosen = (cases: readonly Case[]) =>
    cases.filter(
      ({ name, family }) => (!short || SHORT.has(name)) && (families.length === 0 || families.includes(family)),
    )
  const offenders = chosen(OFFENDERS)
  const honest = chosen(HONEST)
  const engine = await startDocker()
  const env = { WHARF_ROLES: 'ingest,worker', WHARF_ABUSE_BREAKER_ACCOUNTS: '10000', WHARF_ABUSE_BREAKER_SHARE: '1' }
  const plane = await startControlPlane({ env })
  await mutate(plane, 'hosts.clusters.create', { name: 'corpus', kind: 'free' })
  const agent = await enrolAgent(plane, { cluster: 'corpus', hostname: 'corpus', engineSocket: engine.socketPath })
  try {
    await agent.start()
    const tell = ({ of, stopS, throttled }: Result) => {
      const became = stopS === null ? (throttled ? 'throttled' : 'left alone') : `stopped after ${stopS.toFixed(1)} s`
      const wrong = of.expect === 'leave' ? stopS !== null || throttled : !isFound({ of, stopS, throttled })
      process.stderr.write(`${wrong ? 'WRONG ' : '      '}${of.family}: ${of.name}: ${became}\n`)
    }
    // Side by side, as on a host: honest work beside offenders.
    const mixed = Array.from({ length: Math.max(offenders.length, honest.length) }, (_, n) => [offenders[n], honest[n]])
    const cases = mixed.flat().filter((one) => one !== undefined)
    const results = await runCorpus(engine, cases, short ? SHORT_WINDOW : WINDOW, tell)
    const bad = results.filter(({ of }) => of.expect !== 'leave')
    const good = results.filter(({ of }) => of.expect === 'leave')
    const of = { bench: 'abuse', offenders: bad.length, benign: good.length }
    figure({
      ...of,
      figure: 'benign_stops',
      value: good.filter(({ stopS }) => stopS !== null).length,
      unit: 'containers',
      limit: 0,
    })
    figure({ ...of, figure: 'benign_throttles', value: good.filter((one) => one.throttled).length, unit: 'containers' })
    for (const [name, members] of Object.entries(GROUPS)) {
      const value = share(bad.filter((one) => members.includes(one.of.family)))
      figure({ ...of, figure: name, value, unit: 'fraction' })
    }
    const times = bad.flatMap(({ stopS }) => stopS ?? []).toSorted((a, b) => a - b)
    figure({ ...of, figure: 'stop_p50_s', value: quantile(times, 0.5), unit: 's', limit: 20 })
    figure({ ...of, figure: 'stop_p95_s', value: quantile(times, 0.95), unit: 's', limit: 60 })
    for (const [family, members] of Map.groupBy(bad, (one) => one.of.family)) {
      figure({ ...of, figure: 'family_recall', family, cases: members.length, value: share(members), unit: 'fraction' })
    }
  } finally {
    if (process.env['WHARF_CORPUS_LOG']) process.stderr.write(agent.output())
    await agent.remove()
    await plane.remove()
    await engine.stop()
  }
}
