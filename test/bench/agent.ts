import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { ensureLocalCluster } from '#server/hosts/cluster.ts'
import { createJoinToken } from '#server/hosts/joinToken.ts'
import { startDocker, type Engine } from '../support/docker.ts'
import { figure } from './figure.ts'
import { startControlPlane, type ControlPlane } from './parts/controlPlane.ts'

const CONTAINERS = 100
const AT_ONCE = 8
const WARM_UP_S = 70
const MEASURED_S = 180
const TICKS_PER_S = 100

const root = join(import.meta.dirname, '../..')
const built = join(root, 'dist/agent.mjs')
const run = promisify(execFile)

/** How hosts run it: Node's options of the unit that we serve. */
const nodeOptions = (): string[] => {
  const unit = readFileSync(join(root, 'server/hosts/wharf-agent.service'), 'utf8')
  return (/^ExecStart=\S+\/node ((?:--\S+ )*)/m.exec(unit)?.[1] ?? '').split(' ').filter(Boolean)
}

/** Containers that do a little: a line of log and a short-lived process every few seconds. */
const startContainers = async (engine: Engine) => {
  let started = 0
  const work = async () => {
    while (started < CONTAINERS) {
      const n = started++
      const labels = { 'io.wharfinger.account': 'bench', 'io.wharfinger.app': `app-${n % 10}` }
      await engine.run({ command: ['sh', '-c', 'while :; do echo a line of log; sleep 7; done'], labels })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

const cpuSeconds = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S
}

const rssMb = (pid: number): number =>
  (Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024) / 1e6

const measure = async (plane: ControlPlane, engine: Engine, seconds: number) => {
  const ctx = systemContext(plane.sql, readEnv({ WHARF_DATA: plane.dataDir }), 'bench')
  const clusterId = await ensureLocalCluster(ctx)
  const { token } = await createJoinToken(ctx, { clusterId, maxUses: 1, expiresInHours: 1 })
  const state = mkdtempSync(join(tmpdir(), 'wharf-bench-agent-'))
  const entry = existsSync(built) ? built : join(root, 'agents/host/main.ts')
  const env = { ...process.env, DOCKER_HOST: `unix://${engine.socketPath}` }
  await run(process.execPath, [entry, 'enrol', '--url', plane.url, '--token', token, '--state', state], { env })
  const child = spawn(process.execPath, [...nodeOptions(), entry, 'run', '--state', state], { env, stdio: 'ignore' })
  try {
    const pid = child.pid ?? 0
    await sleep(WARM_UP_S * 1000)
    const [cpuBefore, startedAt] = [cpuSeconds(pid), performance.now()]
    let mostRssMb = 0
    for (let second = 0; second < seconds; second++) {
      await sleep(1000)
      mostRssMb = Math.max(mostRssMb, rssMb(pid))
    }
    const cpuPercent = ((cpuSeconds(pid) - cpuBefore) * 100_000) / (performance.now() - startedAt)
    const [seen] = await plane.sql<{ containers: number; bytes: number }[]>`
      select (select count(*)::int from epoch where kind = 'container' and ended_at is null) as containers,
        (select percentile_cont(0.5) within group (order by length(body)) from report_body) as bytes`
    if (!seen || seen.containers < CONTAINERS)
      throw new Error(`the agent reported ${seen?.containers} of ${CONTAINERS}`)
    return { mostRssMb, cpuPercent, reportBytes: seen.bytes }
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
    rmSync(state, { recursive: true, force: true })
  }
}

/** What the host agent costs its host: a process of its own beside 100 real containers. `agent 60` measures a minute. */
export default async function agent(options: string[]): Promise<void> {
  const seconds = Number(options[0] ?? MEASURED_S)
  const engine = await startDocker()
  try {
    const plane = await startControlPlane('ingest')
    try {
      await startContainers(engine)
      const { mostRssMb, cpuPercent, reportBytes } = await measure(plane, engine, seconds)
      const of = { bench: 'agent', containers: CONTAINERS }
      figure({ ...of, figure: 'rss_mb', value: mostRssMb, unit: 'MB' })
      figure({ ...of, figure: 'cpu_percent', value: cpuPercent, unit: '% of a core' })
      figure({ ...of, figure: 'report_bytes', value: reportBytes, unit: 'B' })
    } finally {
      await plane.stop()
    }
  } finally {
    await engine.stop()
  }
}
