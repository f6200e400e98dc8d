import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const house = mkdtempSync(join(tmpdir(), 'wharf-lint-'))
afterAll(() => rmSync(house, { recursive: true, force: true }))

type Case = [file: string, statement: string]

const forbidden: Case[] = [
  ['app/usage/page.tsx', "import { usage } from '#server/usage/sql.ts'"],
  ['app/usage/page.tsx', "import { appRouter } from '#server/router.ts'"],
  ['app/usage/page.tsx', "import { connect } from '#db/client.ts'"],
  ['app/usage/page.tsx', "import Stripe from 'stripe'"],
  ['app/usage/page.tsx', "import { readFile } from 'node:fs/promises'"],
  ['app/usage/page.tsx', "import { usage } from '../../server/usage/sql.ts'"],
  ['app/usage/page.tsx', 'export const port = process.env.PORT'],
  ['app/ui/button.tsx', "import type { Env } from '#server/env.ts'"],
  ['server/accounts/hold.ts', "import { ingest } from '#server/usage/ingest.ts'"],
  ['server/accounts/hold.ts', "import { notify } from '../notices/notify.ts'"],
  ['server/accounts/hold.ts', "export const late = () => import('../usage/ingest.ts')"],
  ['server/hosts/enrol.ts', "import { judge } from '#server/abuse/judge.ts'"],
  ['server/usage/ingest.ts', "import { findAccount } from '#server/accounts/sql.ts'"],
  ['server/usage/ingest.ts', "import { TRPCError } from '@trpc/server'"],
  ['server/usage/ingest.ts', "import { procedure } from '../trpc.ts'"],
  ['server/usage/ingest.ts', "import next from 'next'"],
  ['server/usage/ingest.ts', "import { worker } from '../worker.ts'"],
  ['server/usage/ingest.ts', "import { report } from '#agents/host/report.ts'"],
  ['server/usage/ingest.ts', "import { Button } from '#app/ui/button.tsx'"],
  ['server/usage/ingest.ts', "import { run } from '#cli/run.ts'"],
  ['server/usage/router.ts', "import { findAccount } from '../accounts/sql.ts'"],
  ['server/usage/router.ts', "import Stripe from 'stripe'"],
  ['server/billing/rate.ts', "import Stripe from 'stripe'"],
  ['server/errors.ts', "import { hold } from './accounts/hold.ts'"],
  ['server/jobs.ts', "import { ingest } from '#server/usage/ingest.ts'"],
  ['agents/host/report.ts', "import { DomainError } from '#server/errors.ts'"],
  ['agents/host/report.ts', "import { connect } from '#db/client.ts'"],
  ['agents/sim/fleet.ts', "import { hold } from '../../server/accounts/hold.ts'"],
  ['db/client.ts', "import { log } from '#server/log.ts'"],
  ['cli/hosts.ts', "import { enrol } from '#server/hosts/enrol.ts'"],
  ['cli/hosts.ts', "import { appRouter } from '#server/router.ts'"],
  ['cli/hosts.ts', "import { connect } from '#db/client.ts'"],
  ['cli/hosts.ts', "import { fleet } from '#agents/sim/fleet.ts'"],
  ['server/usage/any.ts', 'export const shape = (value: any) => value'],
  ['server/usage/ignore.ts', '// @ts-ignore\nexport const shape = 1'],
  ['server/usage/circle.ts', "import { other } from './circle2.ts'\nexport const one = () => other"],
]

const allowed: Case[] = [
  ['app/usage/chart.tsx', "import type { AppRouter } from '#server/router.ts'"],
  ['app/usage/chart.tsx', "import { server } from '#app/server.ts'"],
  ['server/usage/quota.ts', "import { hold } from '#server/accounts/hold.ts'"],
  ['server/usage/quota.ts', "import { reportSchema } from '#agents/protocol.ts'"],
  ['server/usage/quota.ts', "import { rows } from './sql.ts'"],
  ['server/hosts/router.ts', "import { procedure } from '../trpc.ts'"],
  ['server/billing/stripe/charge.ts', "import { Stripe } from 'stripe'"],
  ['server/worker.ts', "import { ingest } from './usage/ingest.ts'"],
  ['agents/sim/run.ts', "import { report } from '#agents/host/report.ts'"],
  ['cli/usage.ts', "import type { AppRouter } from '#server/router.ts'"],
  ['cli/usage.ts', "import { identity } from '#agents/host/identity.ts'"],
  ['cli/direct.ts', "import { hold } from '#server/accounts/hold.ts'"],
]

/** Each statement in a file of its own, in the folder (and under the name, for routers and binders) it speaks of. */
const fileOf = ([file]: Case, index: number, all: Case[]) => {
  const twin = all.findIndex(([other]) => other === file)
  return twin === index ? file : file.replace(/(\w+)(\.\w+)$/, `$1${index}$2`)
}

const lint = async (cases: Case[]): Promise<Set<string>> => {
  for (const [index, entry] of cases.entries()) {
    const path = join(house, fileOf(entry, index, cases))
    mkdirSync(dirname(path), { recursive: true })
    const [, name] = /import(?: type)? (?:\{ (\w+) \}|\w+)/.exec(entry[1]) ?? []
    const used = entry[1].startsWith('import type') ? 'export type { ' : 'export { '
    writeFileSync(path, `${entry[1]}\n${name && !entry[1].includes('export') ? `${used}${name} }\n` : ''}`)
  }
  const args = ['--format=json', '-A', 'eslint/no-unused-vars', '.']
  const output = await new Promise<string>((resolve) => {
    const oxlint = join(root, 'node_modules', '.bin', 'oxlint')
    execFile(oxlint, args, { cwd: house }, (_error, stdout) => resolve(stdout))
  })
  const { diagnostics } = JSON.parse(output) as { diagnostics: { filename: string; code: string }[] }
  return new Set(diagnostics.map(({ filename }) => filename))
}

copyFileSync(join(root, 'oxlint.config.ts'), join(house, 'oxlint.config.ts'))
symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'))
writeFileSync(join(house, 'package.json'), '{"type":"module"}')
mkdirSync(join(house, 'server', 'usage'), { recursive: true })
const circle = "import { one } from './circle.ts'\nexport const other = () => one\n"
writeFileSync(join(house, 'server', 'usage', 'circle2.ts'), circle)
const all = [...forbidden, ...allowed]
const refused = await lint(all)

test.each(forbidden)('lint refuses in %s: %s', (...entry) => {
  const index = forbidden.findIndex((other) => other[0] === entry[0] && other[1] === entry[1])
  expect(refused).toContain(fileOf(entry, index, all))
})

test.each(allowed)('lint allows in %s: %s', (...entry) => {
  const index = all.findIndex((other) => other[0] === entry[0] && other[1] === entry[1])
  expect(refused).not.toContain(fileOf(entry, index, all))
})
