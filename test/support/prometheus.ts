import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './controlPlane.ts'
import { canInstall, install, program } from './parts.ts'

/** A Prometheus that watches hosts which a test says are up or down, and its Alertmanager. */
export type Monitoring = {
  /** Says of a host that it is down (`HostDown` fires) or up again. */
  say(host: string, isUp: boolean): void
  stop(): Promise<void>
}

const READY_MS = 20_000

/** Whether Debian's Prometheus and Alertmanager are here, or could be installed. */
export const hasMonitoring = async (): Promise<boolean> => {
  const isHere = () => program('prometheus') !== null && program('prometheus-alertmanager') !== null
  if (!isHere() && canInstall()) await install('prometheus', 'prometheus-alertmanager')
  return isHere()
}

const untilReady = async (url: string, child: ChildProcess, output: () => string) => {
  for (const until = Date.now() + READY_MS; ;) {
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ok) return
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${url} is not ready:\n${output()}`)
    await sleep(50)
  }
}

const start = async (name: string, args: string[], ready: string) => {
  let output = ''
  const child = spawn(program(name)!, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await untilReady(ready, child, () => output)
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
}

/** Starts both; alerts go to `url` with `token`. They look every second, so that tests wait for nothing else. */
export const startMonitoring = async ({ url, token }: { url: string; token: string }): Promise<Monitoring> => {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-prometheus-'))
  const up = new Map<string, boolean>()
  const exporter = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/plain; version=0.0.4')
    answer.end([...up].map(([host, isUp]) => `host_up{host="${host}"} ${isUp ? 1 : 0}\n`).join(''))
  }).listen(0, '127.0.0.1')
  await once(exporter, 'listening')
  const [alertPort, port] = [await freePort(), await freePort()]
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const alertConfig = file(
    'alertmanager.yml',
    `route: { receiver: wharfinger, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: wharfinger
    webhook_configs:
      - url: ${url}/v1/alerts/alertmanager
        send_resolved: true
        http_config: { authorization: { credentials: ${token} } }
`,
  )
  const rules = file(
    'rules.yml',
    `groups:
  - name: hosts
    rules:
      - alert: HostDown
        expr: host_up == 0
        labels: { severity: critical, template: host-down }
        annotations: { summary: "{{ $labels.host }} is down", description: "It does not answer any more." }
`,
  )
  const config = file(
    'prometheus.yml',
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${rules}]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["127.0.0.1:${alertPort}"] }] }] }
scrape_configs:
  - job_name: hosts
    static_configs: [{ targets: ["127.0.0.1:${(exporter.address() as AddressInfo).port}"] }]
`,
  )
  for (const name of ['alerts', 'series']) mkdirSync(join(folder, name))
  const ending: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const end of ending) await end()
    exporter.closeAllConnections()
    exporter.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  try {
    ending.push(
      await start(
        'prometheus-alertmanager',
        [
          `--config.file=${alertConfig}`,
          `--storage.path=${join(folder, 'alerts')}`,
          `--web.listen-address=127.0.0.1:${alertPort}`,
          '--cluster.listen-address=',
        ],
        `http://127.0.0.1:${alertPort}/-/ready`,
      ),
      await start(
        'prometheus',
        [
          `--config.file=${config}`,
          `--storage.tsdb.path=${join(folder, 'series')}`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        `http://127.0.0.1:${port}/-/ready`,
      ),
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { say: (host, isUp) => void up.set(host, isUp), stop }
}
