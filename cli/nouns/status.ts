import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { connect, controlPlane } from '../client.ts'
import { Failure } from '../failure.ts'
import { facts, json, number, out, time } from '../print.ts'
import { direct, through } from '../reach.ts'
import { noun, verb } from '../verb.ts'

const TIMEOUT_MS = 5_000

const probe = async (path: string): Promise<boolean> => {
  try {
    return (await fetch(controlPlane() + path, { signal: AbortSignal.timeout(TIMEOUT_MS) })).ok
  } catch {
    return false
  }
}

const show = verb('Say whether the control plane serves, and how its fleet is.', {}, async (args) => {
  const [healthy, ready] = await Promise.all([probe('/healthz'), probe('/readyz')])
  if (!healthy) throw new Failure(`${controlPlane()} does not answer; is it running, and is WHARF_URL right?`)
  if (!ready)
    throw new Failure(`${controlPlane()} runs but is not ready: its database is away, or it is starting or stopping`)
  const { figures } = await connect().hosts.fleet.query()
  if (args.json) return out(json({ url: controlPlane(), healthy, ready, ...figures }))
  out(
    facts([
      ['control plane', `${controlPlane()} is ready`],
      ['hosts', `${figures.reporting} of ${figures.hosts} report, ${figures.stale} silent`],
      ['containers', figures.containers],
      ['cpu, p95 host', figures.cpuP95 === null ? null : `${number(figures.cpuP95)} %`],
      ['open violations', figures.openViolations],
      ['newest report', time(figures.newestAt)],
      ['usage pending', `${figures.pending + figures.stale} hosts`],
      ['quarantined', figures.quarantined],
    ]),
  )
})

/** Writes a file whole: who reads meanwhile sees the one before. @throws Failure */
const writeWhole = (folder: string, path: string, text: string) => {
  const file = resolve(folder, path)
  if (relative(folder, file).startsWith('..')) throw new Failure(`${path} would lie outside ${folder}`)
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.new`, text)
    renameSync(`${file}.new`, file)
  } catch (error) {
    throw new Failure(`${file} cannot be written (${(error as NodeJS.ErrnoException).code})`)
  }
}

export const status = {
  ...noun('The control plane’s own state, and its status page.', {
    show,
    export: verb(
      'Write the public status page as static files that any web server or bucket can serve.',
      { folder: { type: 'positional', required: true, description: 'Where; made if it is not there.' }, direct },
      (args) =>
        through(args.direct, async ({ api }) => {
          const { asOf, revision, files } = await api.incidents.statusPage.files.query()
          const folder = resolve(args.folder)
          for (const { path, text } of files) writeWhole(folder, path, text)
          const wrote = { folder, files: files.length, asOf, revision: String(revision) }
          out(args.json ? json(wrote) : `${files.length} files, as of ${time(asOf)}: ${join(folder, 'index.html')}\n`)
        }),
    ),
  }),
  default: 'show',
}
