import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What tests made once and later runs use again: unpacked browsers, tools, the tests' PostgreSQL. */
export const keptFolder = join(import.meta.dirname, '..', '..', '.wharf-test')

/** Where `name` is in the PATH or where Debian puts programs for root; null where it is not installed. */
export const program = (name: string): string | null => {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null
}

/** Whether this process is root on Debian (or what derives from it), and so may install packages. */
export const canInstall = (): boolean => {
  if (process.getuid?.() !== 0 || !program('apt-get') || !existsSync('/etc/os-release')) return false
  return /^ID(_LIKE)?=.*debian/m.test(readFileSync('/etc/os-release', 'utf8'))
}

let listsAreFresh = false
const apt = async (args: string[], cwd?: string) => {
  // RUNLEVEL=1: the packages' services are not started, tests start what they need.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const options = { env, timeout: 600_000, maxBuffer: 64 * 1024 * 1024, ...(cwd ? { cwd } : {}) }
  const settings = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3', '-o', 'APT::Sandbox::User=root']
  if (!listsAreFresh) await run('apt-get', [...settings, 'update'], options)
  listsAreFresh = true
  await run('apt-get', [...settings, ...args], options)
}

/** Installs Debian packages. Throws with apt's words when it cannot. */
export const install = (...packages: string[]): Promise<void> =>
  apt(['install', '-y', '--no-install-recommends', ...packages])

/** The files of a Debian package unpacked under `keptFolder`, installing nothing on the machine. Gives their folder. */
export const unpackPackage = async (name: string): Promise<string> => {
  const folder = join(keptFolder, name)
  if (existsSync(folder)) return folder
  const draft = `${folder}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  try {
    await apt(['download', name], draft)
    execFileSync('sh', ['-c', 'for deb in *.deb; do dpkg-deb -x "$deb" . && rm "$deb"; done'], { cwd: draft })
    if (!existsSync(folder)) renameSync(draft, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}
