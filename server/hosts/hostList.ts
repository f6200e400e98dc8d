import type { Context } from '../context.ts'
import { countContainers, readHosts } from './hostSql.ts'
import type { HostView } from './hostSql.ts'
import type { HostState } from './readings.ts'

export type HostListInput = {
  text?: string | undefined
  cluster?: string | undefined
  state?: HostState | undefined
  sort: 'state' | 'name' | 'cpu' | 'memory' | 'lastReport'
  cursor?: number | undefined
  limit: number
}

const URGENCY: Record<HostState, number> = { stale: 0, never: 1, reporting: 2, revoked: 3 }
const highest = (a: number | null, b: number | null) => (b ?? -1) - (a ?? -1)

const ORDERS: Record<HostListInput['sort'], (a: HostView, b: HostView) => number> = {
  state: (a, b) => URGENCY[a.state] - URGENCY[b.state] || highest(a.cpuPercent, b.cpuPercent),
  name: (a, b) => a.name.localeCompare(b.name),
  cpu: (a, b) => highest(a.cpuPercent, b.cpuPercent),
  memory: (a, b) => highest(a.memoryPercent, b.memoryPercent),
  lastReport: (a, b) => (a.lastReportAt?.getTime() ?? 0) - (b.lastReportAt?.getTime() ?? 0),
}

/** Hosts, the most urgent first, a page at a time, with how many there are in each state under the other filters. */
export const hostList = async ({ sql, now }: Context, input: HostListInput) => {
  const all = await readHosts(sql, now, {
    withRevoked: true,
    ...(input.text ? { text: input.text } : {}),
    ...(input.cluster ? { cluster: input.cluster } : {}),
  })
  const counts: Record<HostState, number> = { reporting: 0, stale: 0, never: 0, revoked: 0 }
  for (const { state } of all) counts[state] += 1
  // Without a filter the revoked are history, not fleet.
  const wanted = all.filter(({ state }) => (input.state ? state === input.state : state !== 'revoked'))
  const sorted = wanted.toSorted((a, b) => ORDERS[input.sort](a, b) || a.id - b.id)
  const from = input.cursor === undefined ? 0 : sorted.findIndex(({ id }) => id === input.cursor) + 1
  const page = sorted.slice(from, from + input.limit)
  const containers = await countContainers(
    sql,
    page.map(({ id }) => id),
  )
  const last = page.at(-1)
  return {
    rows: page.map((host) => ({ ...host, containers: containers.get(host.id) ?? 0 })),
    total: sorted.length,
    counts,
    nextCursor: last && from + page.length < sorted.length ? last.id : null,
  }
}
