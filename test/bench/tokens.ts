import { Agent, request } from 'node:http'
import { hashOf, makeToken } from '#server/accounts/token.ts'
import { figure } from './figure.ts'
import { liftLimits } from './parts/registry.ts'
import { startControlPlane } from '../support/controlPlane.ts'

const CLIENTS = 16
const WARM_MS = 3_000
const MEASURE_MS = 10_000
const REPOSITORIES = 1_000

const quantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * q) - 1] ?? 0

/** Tokens for one of many private repositories, each asked for with an API token, as robots and hosts do. */
export default async function bench() {
  const plane = await startControlPlane()
  const sql = plane.connect()
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
  try {
    const secret = makeToken()
    const [account] = await sql<{ id: bigint; name: string; userId: string }[]>`
      select a.id, a.name, m.user_id from account a join account_member m on m.account_id = a.id order by a.id limit 1`
    if (!account) throw new Error('the first operator has no account')
    await sql`insert into api_token (user_id, name, hash, hint, scopes)
      values (${account.userId}, 'bench', ${hashOf(secret)}, '', array['read', 'write'])`
    await liftLimits(sql)
    await sql`insert into repository (account_id, name, path, visibility, created_by)
      select ${account.id}, 'app-' || i, ${account.name} || '/app-' || i, 'private', 'bench'
      from generate_series(1, ${REPOSITORIES}) i`
    await sql`analyze repository`

    const authorization = `Basic ${Buffer.from(`bench:${secret}`).toString('base64')}`
    const { hostname, port } = new URL(plane.url)
    let next = 0
    const ask = () =>
      new Promise<number>((resolve, reject) => {
        const startedAt = performance.now()
        const scope = `repository:${account.name}/app-${1 + (next++ % REPOSITORIES)}:pull,push`
        const path = `/v1/registry/token?service=wharfinger&scope=${encodeURIComponent(scope)}`
        request({ agent, hostname, port, path, headers: { authorization } }, (res) => {
          let text = ''
          res.on('data', (chunk: Buffer) => (text += chunk.toString()))
          res.on('end', () =>
            res.statusCode === 200 && text.includes(`"scope":"${scope}"`)
              ? resolve(performance.now() - startedAt)
              : reject(new Error(`no token: ${res.statusCode} ${text.slice(0, 200)}`)),
          )
        })
          .on('error', reject)
          .end()
      })
    const run = async (forMs: number): Promise<number[]> => {
      const took: number[] = []
      const untilMs = performance.now() + forMs
      const client = async () => {
        while (performance.now() < untilMs) took.push(await ask())
      }
      await Promise.all(Array.from({ length: CLIENTS }, client))
      return took
    }
    await run(WARM_MS)
    const took = await run(MEASURE_MS)
    figure({ bench: 'tokens', figure: 'tokens_per_s', value: took.length / (MEASURE_MS / 1000), unit: 'tokens/s' })
    figure({ bench: 'tokens', figure: 'token_p99_ms', value: quantile(took, 0.99), unit: 'ms', clients: CLIENTS })
  } finally {
    agent.destroy()
    await sql.end({ timeout: 5 })
    await plane.remove()
  }
}
