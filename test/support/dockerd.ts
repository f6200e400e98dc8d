import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning } from '#db/postmaster.ts'
import { canInstall, install, program } from './parts.ts'

/** A Docker Engine that answers on `socketPath`. `stop` ends it if it was started here. */
export type Daemon = { socketPath: string; how: string; stop(): Promise<void> }

/** Whether a Docker Engine answers on the socket. */
export const answers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 2_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    ping.on('error', () => resolve(false))
    ping.on('timeout', () => ping.destroy())
    ping.end()
  })

const running = async (): Promise<string | null> => {
  const host = process.env['DOCKER_HOST']
  const sockets = host?.startsWith('unix://') ? [host.slice('unix://'.length)] : []
  for (const path of [...sockets, '/var/run/docker.sock', '/run/docker.sock']) {
    if (existsSync(path) && (await answers(path))) return path
  }
  return null
}

const PREFIX = 'wharf-docker-'
const attempt = (command: string, args: string[]) => {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 10_000 })
    return true
  } catch {
    return false
  }
}

const pidIn = (path: string) => (existsSync(path) ? Number(readFileSync(path, 'utf8')) : Number.NaN)

const endDaemon = async (folder: string, bridge: string | null) => {
  const pid = pidIn(join(folder, 'docker.pid'))
  if (pid > 0 && isRunning(pid)) {
    process.kill(pid, 'SIGTERM')
    for (let waited = 0; isRunning(pid) && waited < 20_000; waited += 50) await sleep(50)
    if (isRunning(pid)) process.kill(pid, 'SIGKILL')
  }
  if (bridge) attempt('ip', ['link', 'delete', bridge])
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  } catch {
    // A mount that outlives its container keeps its folder: the next sweep removes it.
  }
}

// What runs that were killed left: daemons whose owner is no more.
const sweep = async () => {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name)
    const owner = pidIn(join(folder, 'owner'))
    if (!(owner > 0) || isRunning(owner)) continue
    await endDaemon(folder, bridgeOf(owner))
  }
}

const bridgeOf = (owner: number) => `wharf${owner}`

// Its own bridge and addresses, so that it can run beside another engine of this machine.
const makeBridge = (owner: number): string | null => {
  const bridge = bridgeOf(owner)
  if (!program('ip') || !attempt('ip', ['link', 'add', 'name', bridge, 'type', 'bridge'])) return null
  const made =
    attempt('ip', ['addr', 'add', `172.30.${owner % 250}.1/24`, 'dev', bridge]) &&
    attempt('ip', ['link', 'set', bridge, 'up'])
  if (made) return bridge
  attempt('ip', ['link', 'delete', bridge])
  return null
}

const startOwn = async (dockerd: string): Promise<Daemon> => {
  await sweep()
  const folder = mkdtempSync(join(tmpdir(), PREFIX))
  writeFileSync(join(folder, 'owner'), String(process.pid))
  const socketPath = join(folder, 'docker.sock')
  const bridge = makeBridge(process.pid)
  const log = openSync(join(folder, 'dockerd.log'), 'w')
  const folders = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')]
  const child = spawn(
    dockerd,
    [...folders, '--pidfile', join(folder, 'docker.pid'), '-H', `unix://${socketPath}`].concat(
      bridge ? ['--bridge', bridge] : [],
    ),
    { detached: true, stdio: ['ignore', log, log] },
  )
  closeSync(log)
  child.unref()
  for (let waited = 0; waited < 60_000 && child.exitCode === null; waited += 50) {
    if (await answers(socketPath)) {
      return { socketPath, how: 'started for the tests', stop: () => endDaemon(folder, bridge) }
    }
    await sleep(50)
  }
  const words = readFileSync(join(folder, 'dockerd.log'), 'utf8').trim().split('\n').slice(-3).join('\n')
  await endDaemon(folder, bridge)
  throw new Error(`the Docker Engine does not start: ${words}`)
}

/**
 * A Docker Engine: the one that runs, else the installed one started for the tests (as root), else Debian's installed
 * and started. Throws where none is to be had.
 */
export const prepareDocker = async (): Promise<Daemon> => {
  const given = process.env['WHARF_TEST_DOCKER']
  if (given) return { socketPath: given, how: 'started for this run', stop: async () => {} }
  const found = await running()
  if (found) {
    if (!program('busybox') && canInstall()) await install('busybox-static')
    return { socketPath: found, how: 'already running', stop: async () => {} }
  }
  if (process.getuid?.() !== 0) throw new Error('no Docker Engine runs, and only root can start one')
  const wanted = { dockerd: 'docker.io', iptables: 'iptables', ip: 'iproute2', busybox: 'busybox-static' }
  const missing = Object.entries(wanted).filter(([name]) => !program(name))
  if (missing.length > 0) {
    if (!canInstall()) throw new Error(`not installed: ${missing.map(([name]) => name).join(', ')}`)
    await install(...missing.map(([, name]) => name))
  }
  const dockerd = program('dockerd')
  if (!dockerd) throw new Error('dockerd is not installed')
  return startOwn(dockerd)
}
