import { figure } from './figure.ts'
import { runKills } from './parts/kills.ts'

/** `kill -9` of the control plane, PostgreSQL and the agents in turn under load; 200 times unless told otherwise. */
export default async function kills([given]: string[]): Promise<void> {
  const count = given === undefined ? 200 : Number(given)
  if (!Number.isInteger(count) || count < 1) throw new Error(`"${given}" is not a number of kills`)
  const result = await runKills({ kills: count }, ({ victim, ms }, n) => {
    process.stderr.write(`${n}/${count} ${victim}: back after ${Math.round(ms)} ms\n`)
  })
  for (const fault of result.faults.slice(0, 20)) process.stderr.write(`${fault}\n`)
  const detail = { kills: count, reports: result.reports }
  const slowest = Math.max(...result.recoveries.map(({ ms }) => ms)) / 1000
  figure({ bench: 'kills', figure: 'lost', value: result.lost, unit: 'reports', ...detail })
  figure({ bench: 'kills', figure: 'doubled', value: result.doubled, unit: 'reports', ...detail })
  figure({
    bench: 'kills',
    figure: 'recovery_max_s',
    value: slowest,
    unit: 's',
    limit: 5,
    ratio: slowest / 5,
    ...detail,
  })
}
