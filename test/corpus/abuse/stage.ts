import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Container, Engine, RunOptions } from '../../support/docker.ts'
import { BUILDS, type Build, type Case } from './cases.ts'
import { startPeers } from './peers.ts'

const HERE = import.meta.dirname

/** A name that nobody knows. */
const word = () => `${'bcdfgklmnprstvz'[randomBytes(1)[0]! % 15]}${randomBytes(4).toString('hex')}`

const build = (folder: string, builds: Iterable<Build>) => {
  for (const program of builds) {
    const flags = ['-O1', '-static', '-pthread', ...BUILDS[program]]
    execFileSync('gcc', [...flags, join(HERE, 'program.c'), '-o', join(folder, program)], { stdio: 'inherit' })
  }
}

/** Where cases run: their programs, built, and those they talk to. */
export type Stage = {
  /** Runs a case as a container. Names of files, container, account and app are drawn anew, but for those given. */
  start(of: Case, given?: Pick<RunOptions, 'name' | 'image' | 'labels' | 'binds' | 'restart'>): Promise<Container>
  close(): Promise<void>
}

/** Builds what the cases need and starts their peers on the engine's own bridge. */
export const openStage = async (engine: Engine, cases: readonly Case[]): Promise<Stage> => {
  const folder = mkdtempSync(join(tmpdir(), 'wharf-corpus-'))
  chmodSync(folder, 0o755)
  const scout = await engine.run({ command: ['sleep', '3600'] })
  const { NetworkSettings } = await engine.call<{ NetworkSettings: { Gateway: string } }>(
    'GET',
    `/containers/${scout.id}/json`,
  )
  const args = cases.flatMap(({ run }) => ('program' in run ? [run.args] : 'script' in run ? [run.script] : []))
  const peers = await startPeers(NetworkSettings.Gateway, args)
  build(folder, new Set(cases.flatMap(({ run }) => ('program' in run ? [run.program] : []))))

  return {
    async start(of, given = {}) {
      const own = join(folder, word())
      mkdirSync(own)
      chmodSync(own, 0o755)
      const inside = `/${word()}`
      const binds = [`${own}:${inside}:ro`, '/usr:/usr:ro', '/usr/lib:/lib:ro', '/usr/lib64:/lib64:ro']
      const name = word()
      const { run } = of
      let command: string[]
      if ('program' in run) {
        copyFileSync(join(folder, run.program), join(own, name))
        chmodSync(join(own, name), 0o755)
        command = [`${inside}/${name}`, ...peers.put(run.args).split(' ')]
        if (of.supervised) command = ['sh', '-c', `while :; do ${command.join(' ')}; done`]
      } else if ('script' in run) {
        copyFileSync(join(HERE, 'script.mjs'), join(own, `${name}.mjs`))
        binds.push(`${realpathSync(process.execPath)}:/${name}:ro`)
        command = [`/${name}`, `${inside}/${name}.mjs`, ...peers.put(run.script).split(' ')]
      } else {
        binds.push(`${HERE}:/docs:ro`)
        command = ['sh', '-c', run.shell]
      }
      return engine.run({
        command,
        name: word(),
        labels: { 'io.wharfinger.account': word(), 'io.wharfinger.app': word() },
        env: { PATH: '/bin:/usr/bin', HOME: '/tmp' },
        ...(of.cpus === undefined ? {} : { cpus: of.cpus }),
        ...given,
        binds: [...binds, ...(given.binds ?? [])],
      })
    },
    async close() {
      peers.close()
      await scout.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
