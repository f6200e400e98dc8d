import { figure } from './figure.ts'
import { startControlPlane } from './parts/controlPlane.ts'
import { REPOSITORIES, searches, seedRepositories } from './parts/searchData.ts'

const WARM_UPS = 20
const REQUESTS = 300
const LIMIT_MS = 50

const quantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * q) - 1] ?? 0

/** Searches for public repositories over HTTP, one after the other, as people who are not signed in do. */
const ask = async (url: string, text: string): Promise<{ ms: number; rows: number }> => {
  const startedAt = performance.now()
  const query = encodeURIComponent(JSON.stringify({ text }))
  const answer = await fetch(`${url}/trpc/registry.search?input=${query}`)
  const body = (await answer.json()) as { result?: { data: { rows: unknown[] } } }
  if (!answer.ok || !body.result) throw new Error(`search for "${text}": ${answer.status}`)
  return { ms: performance.now() - startedAt, rows: body.result.data.rows.length }
}

/** `search`: p95 of a search over 100,000 repositories: common and rare words, beginnings of words, typing errors, none. */
export default async function search(): Promise<void> {
  const plane = await startControlPlane('web')
  try {
    await seedRepositories(plane.sql)
    const kinds = searches(REQUESTS)
    for (const { text } of kinds.slice(0, WARM_UPS)) await ask(plane.url, text)
    const times: { kind: string; ms: number; rows: number }[] = []
    for (const { kind, text } of kinds) times.push({ kind, ...(await ask(plane.url, text)) })
    const all = times.map(({ ms }) => ms)
    for (const kind of new Set(times.map((one) => one.kind))) {
      const own = times.filter((one) => one.kind === kind)
      const found = own.filter(({ rows }) => rows > 0).length / own.length
      const value = quantile(
        own.map(({ ms }) => ms),
        0.95,
      )
      figure({ bench: 'search', figure: 'p95_ms_of_kind', value, unit: 'ms', kind, found_share: found })
    }
    const p95 = quantile(all, 0.95)
    figure({
      ...{ bench: 'search', figure: 'search_p95_ms', value: p95, unit: 'ms', limit: LIMIT_MS, ratio: p95 / LIMIT_MS },
      ...{ repositories: REPOSITORIES, p50_ms: quantile(all, 0.5), p99_ms: quantile(all, 0.99) },
    })
  } finally {
    await plane.stop()
  }
}
