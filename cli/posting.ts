import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './client.ts'
import { Failure, usage } from './failure.ts'
import { out, table, time } from './print.ts'
import type { Reach } from './reach.ts'
import { hostIdOf } from './nouns/host.ts'

type PostInput = Parameters<Client['incidents']['incident']['post']['mutate']>[0]
type Components = PostInput['components']
export type ComponentStatus = Components[number]['status']
type Detail = Awaited<ReturnType<Client['incidents']['incident']['get']['query']>>

export const STATUSES = [
  'operational',
  'degraded_performance',
  'partial_outage',
  'major_outage',
  'under_maintenance',
] as const satisfies readonly ComponentStatus[]

/** Not over yet: something may still come of it. */
const MOVING = new Set(['pending', 'sending', 'retryable'])
const FAILED = new Set(['permanent', 'unknown'])
const POLL_MS = 500

const words = (text: string | undefined) => (text ?? '').split(',').flatMap((one) => one.trim() || [])

/** `registry=major_outage,web=operational`, by key. @throws Failure */
export const componentsOf = async (api: Client, text: string | undefined): Promise<Components> => {
  const named = words(text)
  if (named.length === 0) return []
  const { components } = await api.incidents.components.list.query()
  return named.map((one) => {
    const [key = '', status = 'degraded_performance'] = one.split('=')
    const found = components.find((component) => component.key === key)
    if (!found) throw new Failure(`no component "${key}"; "wharf component list" names them`)
    const known = STATUSES.find((state) => state === status)
    if (!known) throw usage(`a component’s status is one of ${STATUSES.join(', ')}, not "${status}"`)
    return { componentId: String(found.id), status: known }
  })
}

/** `db1,db2`, by name or number. @throws Failure */
export const hostsOf = async (api: Client, text: string | undefined): Promise<number[]> => {
  const ids: number[] = []
  for (const name of words(text)) ids.push(await hostIdOf(api, name))
  return ids
}

/** An incident by its name. @throws Failure where there is none */
export const incidentNamed = async (api: Client, name: string): Promise<Detail> => {
  if (!/^(INC-)?\d{1,18}$/i.test(name)) throw usage(`an incident is called INC-7, not "${name}"`)
  return await api.incidents.incident.get.query({ incident: name })
}

/** The newest update that stands; what whoever posts has read unless they say otherwise. */
export const newestOf = ({ said }: Pick<Detail, 'said'>) => said.find(({ undoneAt }) => undoneAt === null)

/** An update of an incident by its number. @throws Failure */
export const updateOf = (incident: Detail, number: number | undefined) => {
  const found =
    number === undefined
      ? incident.said.find(({ undoneAt, kind }) => undoneAt === null && kind === 'update')
      : incident.said.find((one) => one.number === number)
  if (found) return found
  throw new Failure(`${incident.incident} has no update ${number === undefined ? 'yet' : number}`)
}

export type Post = Partial<PostInput> & Pick<PostInput, 'incident' | 'state' | 'text'>

/** Posts an update and gives what came of it; with `--direct` it is sent from here. */
export const post = async (
  { api, plane }: Reach,
  update: Post,
  { waitSeconds, requestId }: { waitSeconds: number; requestId: string | undefined },
) => {
  const posted = await api.incidents.incident.post.mutate({
    requestId: requestId ?? crypto.randomUUID(),
    components: [],
    overrides: {},
    skipped: [],
    nextUpdateMinutes: null,
    sawUpdate: 0,
    ...update,
  })
  const sendAfter = new Date(posted.sendAfter)
  process.stderr.write(
    `${posted.incident}: update ${posted.number} is posted; it goes out at ${time(sendAfter).slice(0, -1)}:${sendAfter.toISOString().slice(17, 19)}Z. Until then "wharf incident undo ${posted.updateId}" takes it back.\n`,
  )
  if (plane) await plane.send(sendAfter)
  const rows = await settled(api, posted, sendAfter, waitSeconds)
  return { ...posted, deliveries: rows }
}

type Posted = Awaited<ReturnType<Client['incidents']['incident']['post']['mutate']>>

const rowsOf = async (api: Client, { incident, updateId }: Pick<Posted, 'incident' | 'updateId'>) => {
  const updates = await api.incidents.channels.ledger.query({ incident })
  const own = updates.find((one) => String(one.updateId) === updateId)
  return { rows: own?.rows ?? [], crowds: own?.crowds ?? [], undoneAt: own?.undoneAt ?? null }
}

const settled = async (api: Client, posted: Posted, sendAfter: Date, waitSeconds: number) => {
  const until = Math.max(Date.now(), sendAfter.getTime()) + waitSeconds * 1_000
  for (;;) {
    const { rows, crowds, undoneAt } = await rowsOf(api, posted)
    const isMoving = [...rows, ...crowds.flatMap(({ states }) => states)].some(({ state }) => MOVING.has(state))
    if (!isMoving || undoneAt || waitSeconds === 0 || Date.now() > until) return { rows, crowds, undoneAt }
    await sleep(POLL_MS)
  }
}

type Deliveries = Awaited<ReturnType<typeof rowsOf>>

/** The ledger of one update as a table. */
export const showDeliveries = ({ rows, crowds }: Pick<Deliveries, 'rows' | 'crowds'>): void => {
  const all = [
    ...rows.map((row) => ({
      name: row.name,
      state: row.state,
      // What is unknown or failed says why; what arrived says where.
      detail: row.state === 'delivered' ? (row.url ?? row.receiptId) : row.lastError,
    })),
    ...crowds.flatMap(({ of, states }) =>
      states.map(({ state, count }) => ({ name: of, state, detail: String(count) })),
    ),
  ]
  out(
    table(
      all,
      [
        ['channel', (row) => row.name],
        ['state', (row) => row.state],
        ['receipt or reason', (row) => row.detail],
      ],
      'nobody is told of it',
    ),
  )
}

/** @throws Failure where something was not delivered for good */
export const refuseFailed = ({ rows, crowds }: Deliveries, incident: string): void => {
  const count =
    rows.filter(({ state }) => FAILED.has(state)).length +
    crowds
      .flatMap(({ states }) => states)
      .filter(({ state }) => FAILED.has(state))
      .reduce((sum, row) => sum + row.count, 0)
  if (count === 0) return
  const verb = count === 1 ? '1 delivery' : `${count} deliveries`
  throw new Failure(`${verb} of ${incident} failed or ${count === 1 ? 'is' : 'are'} unknown; see the ledger`)
}
