import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ensureFirstOperator } from '#server/accounts/firstOperator.ts'
import { systemContext } from '#server/context.ts'
import { program } from '../support/parts.ts'
import { testDatabase } from '../support/database.ts'
import { ROUTES } from '../server/access.ts'
import { startPlane } from '../server/ingest/plane.ts'

const { sql, url } = await testDatabase({ max: 8 })
const plane = await startPlane(sql, url, {
  WHARF_ADMIN_EMAIL: 'operator@example.com',
  WHARF_ADMIN_PASSWORD: 'a long enough password',
})
await ensureFirstOperator(systemContext(sql, plane.env, 'test'))
const text = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8')
const examples = [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, code]) => code ?? '')

test.skipIf(!program('curl'))('every example of the API page runs as it stands', async () => {
  expect(examples.length).toBeGreaterThanOrEqual(7)
  const env = {
    ...process.env,
    WHARF_URL: plane.url,
    WHARF_TOKEN: readFileSync(join(plane.env.dataDir, 'operator-token'), 'utf8').trim(),
  }
  for (const example of examples) {
    const { stdout } = await promisify(execFile)('sh', ['-ec', example], { env, maxBuffer: 1e7 })
    expect(stdout).not.toBe('')
  }
})

test('the API page names every route of agents', () => {
  const routes = Object.entries(ROUTES).filter(([route, access]) => access === 'agent' || route.includes('/v1/'))
  expect(routes.filter(([route]) => !text.includes(`\`${route}\``))).toEqual([])
})
