import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { reachedAt } from '#server/hosts/served.ts'
import { testDatabase } from '../../support/database.ts'
import { startControl } from './control.ts'

const { sql } = await testDatabase()
const control = await startControl(sql)

test('the installer names the address it was fetched from, and is a shell script', async () => {
  const text = await (await fetch(`${control.url}/install.sh`)).text()
  expect(text).toContain(`url='${control.url}'`)
  expect(text).not.toContain('@URL@')
  const file = join(mkdtempSync(join(tmpdir(), 'wharf-install-')), 'install.sh')
  writeFileSync(file, text)
  execFileSync('sh', ['-n', file])
})

test('nothing but a plain host and port comes from a header into the script', () => {
  const said = (host: string, more: Record<string, string> = {}) =>
    reachedAt({ headers: { host, ...more }, socket: {} } as never, control.env)
  expect(said('wharf.example:3000')).toBe('http://wharf.example:3000')
  expect(said('wharf.example', { 'x-forwarded-proto': 'https' })).toBe('https://wharf.example')
  expect(said('[::1]:3000')).toBe('http://[::1]:3000')
  expect(said("x'; rm -rf /; '")).toBe(control.env.publicUrl)
})

test('every file that is served has its checksum', async () => {
  const sums = await (await fetch(`${control.url}/agent/SHA256SUMS`)).text()
  const unit = await (await fetch(`${control.url}/agent/wharf-agent.service`)).text()
  expect(sums).toContain(`${createHash('sha256').update(unit).digest('hex')}  wharf-agent.service\n`)
  const node = await fetch(`${control.url}/agent/node-linux-${process.arch}`, { method: 'HEAD' })
  expect(sums).toContain(`  node-linux-${process.arch}\n`)
  expect(Number(node.headers.get('content-length'))).toBe(statSync(process.execPath).size)
})

test('nothing else of the disk is served', async () => {
  expect((await fetch(`${control.url}/agent/..%2f..%2fpackage.json`)).status).toBe(404)
  expect((await fetch(`${control.url}/agent/toString`)).status).toBe(404)
})
