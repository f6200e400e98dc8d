import { connect } from '../client.ts'
import type { Client } from '../client.ts'
import { Failure } from '../failure.ts'
import { facts, json, number, out, table, time } from '../print.ts'
import { noun, oneOf, verb, whole } from '../verb.ts'

const STATES = ['reporting', 'stale', 'never', 'revoked'] as const
const who = { type: 'positional', required: true, description: 'Name or number of the host.' } as const

/** The number of a host by its number or exact name. @throws Failure where there is none. */
export const hostIdOf = async (api: Client, nameOrId: string): Promise<number> => {
  if (/^\d{1,9}$/.test(nameOrId)) return Number(nameOrId)
  for (const state of [undefined, 'revoked'] as const) {
    const { rows } = await api.hosts.list.query({ text: nameOrId, limit: 200, ...(state ? { state } : {}) })
    const found = rows.find(({ name }) => name === nameOrId)
    if (found) return found.id
  }
  throw new Failure(`no host "${nameOrId}"; "wharf host list" names them`)
}

export const host = noun('Hosts of the fleet.', {
  list: verb(
    'List hosts, the most urgent first.',
    {
      state: { type: 'string', description: STATES.join(', '), valueHint: 'state' },
      cluster: { type: 'string', description: 'Of one cluster.', valueHint: 'name' },
      text: { type: 'string', description: 'With this in the name.', valueHint: 'text' },
      limit: { type: 'string', description: 'At most so many, 200 or less.', default: '200', valueHint: 'n' },
    },
    async (args) => {
      const state = oneOf('state', args.state, STATES)
      const list = await connect().hosts.list.query({
        limit: whole('limit', args.limit, 1) ?? 200,
        ...(state ? { state } : {}),
        ...(args.cluster ? { cluster: args.cluster } : {}),
        ...(args.text ? { text: args.text } : {}),
      })
      if (args.json) return out(json(list))
      out(
        table(
          list.rows,
          [
            ['id', (h) => h.id, 'right'],
            ['host', (h) => h.name],
            ['state', (h) => h.state],
            ['cluster', (h) => h.cluster],
            ['cpu %', (h) => number(h.cpuPercent), 'right'],
            ['memory %', (h) => number(h.memoryPercent), 'right'],
            ['containers', (h) => h.containers, 'right'],
            ['last report', (h) => time(h.lastReportAt)],
          ],
          'no host matches',
        ),
      )
    },
  ),
  show: verb('Show one host.', { host: who }, async (args) => {
    const api = connect()
    const found = await api.hosts.get.query({ hostId: await hostIdOf(api, args.host) })
    if (args.json) return out(json(found))
    const { host: h, facts: machine, keys, pending, containers } = found
    out(
      facts([
        ['host', `${h.name} (${h.id})`],
        ['state', h.state],
        ['cluster', `${h.cluster} (${h.clusterKind})`],
        ['last report', time(h.lastReportAt)],
        ['cpu', h.cpuPercent === null ? null : `${number(h.cpuPercent)} % of ${h.cores} cores`],
        ['memory', h.memoryPercent === null ? null : `${number(h.memoryPercent)} % of ${h.memoryTotalMib} MiB`],
        ['containers', containers],
        ['engine', machine ? `${machine.engine} ${machine.engineVersion ?? ''}`.trim() : null],
        ['kernel', machine?.kernel],
        ['agent', h.agentVersion],
        [
          'keys',
          keys
            .filter(({ works }) => works)
            .map(({ id, fingerprint }) => `${id} (${fingerprint})`)
            .join(', '),
        ],
        ['clock', `${h.skewMs} ms ahead`],
        ['complete', h.complete ? 'yes' : h.failures.join('; ')],
        ['usage pending', pending ? `since ${time(pending.sinceAt)}, ${pending.missing} reports missing` : 'no'],
      ]),
    )
  }),
  revoke: verb(
    'Refuse a host from now on. What it used stays.',
    {
      host: who,
      reason: { type: 'string', required: true, description: 'Why; for the audit log.', valueHint: 'text' },
    },
    async (args) => {
      const api = connect()
      const hostId = await hostIdOf(api, args.host)
      await api.hosts.revoke.mutate({ hostId, reason: args.reason })
      out(args.json ? json({ hostId, state: 'revoked' }) : `host ${args.host} is revoked\n`)
    },
  ),
})
