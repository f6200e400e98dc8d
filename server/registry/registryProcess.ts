import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { log } from '../log.ts'
import { registryConfig, type ConfigInput } from './registryConfig.ts'

/** Debian's name of the program, and its own. */
const NAMES = ['docker-registry', 'registry']
const READY_WITHIN_MS = 15_000
const STOP_WITHIN_MS = 10_000
const RESTART_MS = 1_000
const COLLECT_WITHIN_MS = 3_600_000

/** The registry's program in the PATH (or where Debian puts it), else undefined. */
export const findRegistry = (path = process.env['PATH'] ?? ''): string | undefined => {
  const folders = [...path.split(delimiter).filter(Boolean), '/usr/bin', '/usr/local/bin']
  for (const name of NAMES) {
    for (const folder of folders) {
      const file = join(folder, name)
      try {
        accessSync(file, constants.X_OK)
        if (statSync(file).isFile()) return file
      } catch {
        // Not there: the next one.
      }
    }
  }
  return undefined
}

/** A registry that is ours to start and stop, on loopback. */
export type RegistryProcess = {
  url(): string
  storageDir: string
  /** Has it read certificates and settings anew. */
  restart(): Promise<void>
  /** Stops it, does `work` while nothing serves or writes the storage, and starts it again whatever becomes of that. */
  whileStopped<T>(work: (collect: () => Promise<string>) => Promise<T>): Promise<T>
  stop(): Promise<void>
}

type Input = { program: string; dir: string; bundle(): Promise<string> } & Omit<
  ConfigInput,
  'port' | 'storageDir' | 'bundlePath'
>

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const ask = request(`${url}/v2/`, { timeout: 1_000 }, (res) => {
      res.resume()
      resolve(res.statusCode === 401 || res.statusCode === 200)
    })
    ask.on('timeout', () => ask.destroy())
    ask.on('error', () => resolve(false))
    ask.end()
  })

const TIE = ['--pdeathsig', 'TERM', '--']

/**
 * A command that ends with us however we end (prctl(2), PR_SET_PDEATHSIG, by util-linux's setpriv). Where there is no such
 * program the next start ends what was left behind.
 */
const tied = async (program: string, args: readonly string[]): Promise<[string, string[]]> => {
  const can = await new Promise<boolean>((resolve) => {
    execFile('setpriv', [...TIE, 'true'], { timeout: 5_000 }, (error) => resolve(error === null))
  })
  return can ? ['setpriv', [...TIE, program, ...args]] : [program, [...args]]
}

/** Ends a registry that a killed process of ours left behind: two must never write one storage. */
const endLeftBehind = async (pidFile: string, config: string) => {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'))
    if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(config)) return
    process.kill(pid, 'SIGTERM')
    for (let waited = 0; waited < STOP_WITHIN_MS; waited += 50) {
      process.kill(pid, 0)
      await sleep(50)
    }
    process.kill(pid, 'SIGKILL')
  } catch {
    // No file, or nobody of that number any more.
  }
}

/** Runs the registry with a configuration of ours in `dir`, again whenever it ends by itself. */
export const startRegistryProcess = async (input: Input): Promise<RegistryProcess> => {
  const { program, dir } = input
  const storageDir = join(dir, 'storage')
  const bundlePath = join(dir, 'tokens.pem')
  const config = join(dir, 'config.yml')
  const pidFile = join(dir, 'registry.pid')
  mkdirSync(storageDir, { recursive: true, mode: 0o700 })
  await endLeftBehind(pidFile, config)
  let child: ChildProcess | undefined
  let url = ''
  /** Whether it should run: an end of it that nobody asked for is followed by a start. */
  let wanted = false

  const start = async () => {
    wanted = true
    const port = await freePort()
    writeFileSync(bundlePath, await input.bundle(), { mode: 0o600 })
    writeFileSync(config, registryConfig({ ...input, port, storageDir, bundlePath }), { mode: 0o600 })
    const [command, args] = await tied(program, ['serve', config])
    const started = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, cwd: dir })
    child = started
    started.once('error', (error) => log.error({ err: error }, 'the registry does not start'))
    started.stderr.on('data', (chunk: Buffer) =>
      log.debug({ part: 'registry' }, chunk.toString().trim().slice(0, 2_000)),
    )
    writeFileSync(pidFile, String(started.pid ?? ''))
    started.once('exit', (code, signal) => {
      if (!wanted || child !== started) return
      log.warn({ code, signal }, 'the registry ended; it is started again')
      setTimeout(() => wanted && child === started && void start().catch(logFailed), RESTART_MS)
    })
    url = `http://127.0.0.1:${port}`
    for (let waited = 0; !(await answers(url)); waited += 25) {
      if (started.exitCode !== null || started.pid === undefined || waited > READY_WITHIN_MS)
        throw new Error(`${program} does not answer; run "${program} serve ${config}" to see why`)
      await sleep(25)
    }
  }
  const logFailed = (error: unknown) => log.error({ err: error }, 'the registry does not start')

  const stop = async () => {
    wanted = false
    const ending = child
    if (ending && ending.pid !== undefined && ending.exitCode === null && ending.signalCode === null) {
      const ended = once(ending, 'exit')
      ending.kill('SIGTERM')
      const hard = setTimeout(() => ending.kill('SIGKILL'), STOP_WITHIN_MS)
      await ended
      clearTimeout(hard)
    }
    rmSync(pidFile, { force: true })
  }

  // Never with --delete-untagged: on 2.8 it destroys images of several platforms (distribution issue 3178).
  const collect = async () => {
    const [command, args] = await tied(program, ['garbage-collect', config])
    return new Promise<string>((resolve, reject) => {
      const options = { timeout: COLLECT_WITHIN_MS, maxBuffer: 256 * 1024 * 1024 }
      const collecting = execFile(command, args, options, (error, stdout, stderr) =>
        error ? reject(new Error(`garbage-collect failed: ${stderr.trim().slice(-500)}`)) : resolve(stdout),
      )
      // A registry must not be started beside one that was left behind.
      writeFileSync(pidFile, String(collecting.pid ?? ''))
    })
  }

  await start()
  return {
    url: () => url,
    storageDir,
    async restart() {
      await stop()
      await start()
    },
    async whileStopped(work) {
      await stop()
      try {
        return await work(collect)
      } finally {
        await start()
      }
    },
    stop,
  }
}
