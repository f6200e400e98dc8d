// Run by npm before every script, on whatever Node is there (20 or later): installs what the lock file names, and with
// the argument `build` also builds what has changed. Says nothing when there is nothing to do. Plain JavaScript, no
// dependencies: it is what brings them.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('.', import.meta.url))
const at = (...parts) => join(root, ...parts)
const stampsFile = at('node_modules', '.wharfinger.json')
const lockFolder = at('.wharf-setup')

const read = (path) => (existsSync(path) ? readFileSync(path) : '')
const stamps = () => JSON.parse(read(stampsFile).toString() || '{}')
const stamp = (step, hash) => {
  const draft = `${stampsFile}.${process.pid}`
  writeFileSync(draft, JSON.stringify({ ...stamps(), [step]: hash }, null, 2))
  renameSync(draft, stampsFile)
}

const filesIn = (path) => {
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules' && !entry.name.startsWith('.'))
    .flatMap((entry) => (entry.isDirectory() ? filesIn(join(path, entry.name)) : [join(path, entry.name)]))
    .toSorted()
}

const hashOf = (paths) => {
  const hash = createHash('sha256')
  for (const path of paths.flatMap((name) => filesIn(at(name)))) {
    hash.update(`${relative(root, path)}\0`).update(createHash('sha256').update(readFileSync(path)).digest())
  }
  return hash.digest('hex')
}

const isRunning = (pid) => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** One setup at a time; the lock of one that was killed is taken over. */
const takeLock = async () => {
  for (let waiting = false; ; waiting = true) {
    try {
      mkdirSync(lockFolder)
      writeFileSync(join(lockFolder, 'pid'), String(process.pid))
      process.on('exit', () => rmSync(lockFolder, { recursive: true, force: true }))
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const owner = Number(read(join(lockFolder, 'pid')).toString())
    const made = statSync(lockFolder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (owner ? !isRunning(owner) : Date.now() - made > 5_000) {
      // Of several that find the lock abandoned, the one whose rename works removes it.
      const abandoned = `${lockFolder}-${process.pid}`
      try {
        renameSync(lockFolder, abandoned)
        rmSync(abandoned, { recursive: true, force: true })
      } catch {
        // Another was quicker.
      }
      continue
    }
    if (!waiting) process.stderr.write(`Waiting for another setup (process ${owner || 'unknown'})\n`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Does one step, telling its name before and its seconds after. Ends the process when it fails. */
const step = async (name, act) => {
  const startedAt = performance.now()
  process.stderr.write(`${name} ... `)
  try {
    await act()
  } catch (error) {
    process.stderr.write(`failed\n\n${error.message}\n`)
    process.exit(1)
  }
  process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`)
}

const run = (command, args, env = {}) => {
  const done = spawnSync(command, args, { cwd: root, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 })
  if (done.error) throw done.error
  if (done.signal) process.kill(process.pid, done.signal)
  if (done.status !== 0) throw new Error(`${done.stdout}${done.stderr}`.trim())
}

const install = () => {
  const npm = process.env.npm_execpath
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  if (npm && basename(npm) === 'npm-cli.js') run(process.execPath, [npm, ...args])
  else run('npm', args)
}

const buildPages = () =>
  run(at('node_modules', '.bin', 'node'), [at('node_modules', 'next', 'dist', 'bin', 'next'), 'build'], {
    NEXT_TELEMETRY_DISABLED: '1',
    NODE_ENV: 'production',
  })

/** One file that runs on Node 20 without a checkout: `--direct`, which needs one, loads the server only when asked. */
const bundle = async (entry, output) => {
  const esbuild = await import(pathToFileURL(at('node_modules', 'esbuild', 'lib', 'main.js')).href)
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['#db/*'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    legalComments: 'eof',
    logLevel: 'silent',
  })
}

const lock = ['package.json', 'package-lock.json', 'setup.mjs']
const builds = [
  {
    name: 'Building pages',
    entry: 'next.config.ts',
    output: '.next/BUILD_ID',
    sources: ['app', 'public', 'next.config.ts', 'postcss.config.mjs', 'tsconfig.json', ...lock],
    act: buildPages,
  },
  {
    name: 'Building the agent',
    entry: 'agents/host/main.ts',
    output: 'dist/agent.mjs',
    sources: ['agents', ...lock],
    act: () => bundle('agents/host/main.ts', 'dist/agent.mjs'),
  },
  {
    name: 'Building the command line',
    entry: 'cli/wharf.ts',
    output: 'dist/wharf.mjs',
    // Of the server only what verifies a bundle, which is pure.
    sources: ['agents', 'cli', 'server/billing', 'server/usage', 'server/money.ts', 'server/time.ts', ...lock],
    act: () => bundle('cli/wharf.ts', 'dist/wharf.mjs'),
  },
]

const stale = () => {
  const done = stamps()
  const installHash = createHash('sha256')
    .update(hashOf(['package.json', 'package-lock.json']))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex')
  const wanted = process.argv.includes('build') ? builds.filter(({ entry }) => existsSync(at(entry))) : []
  return {
    install: done.install === installHash ? undefined : installHash,
    builds: wanted
      .map((build) => ({ ...build, hash: hashOf(build.sources) }))
      .filter(({ output, hash }) => done[output] !== hash || !existsSync(at(output))),
  }
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  process.stderr.write(`Wharfinger needs Node 20 or later to install itself; this is ${process.version}.\n`)
  process.exit(1)
}

const isFresh = (todo) => !todo.install && todo.builds.length === 0
if (!isFresh(stale())) {
  await takeLock()
  // What was stale before the wait may have been done by the setup waited for.
  const { install: installHash, builds: todo } = stale()
  if (installHash) {
    await step('Installing packages', install)
    stamp('install', installHash)
  }
  for (const { name, act, output, hash } of todo) {
    await step(name, act)
    stamp(output, hash)
  }
}
