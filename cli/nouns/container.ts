import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../client.ts'
import type { Client } from '../client.ts'
import { Failure } from '../failure.ts'
import { bytes, facts, json, number, out, table, time } from '../print.ts'
import { noun, oneOf, verb, whole } from '../verb.ts'
import { hostIdOf } from './host.ts'

const STATES = ['running', 'ended', 'all'] as const
const MIB = 1_048_576
const POLL_MS = 1_000

type Kind = Parameters<Client['hosts']['containers']['command']['mutate']>[0]['kind']
type Args = NonNullable<Parameters<Client['hosts']['containers']['command']['mutate']>[0]['args']>

const which = { type: 'positional', required: true, description: 'Name, start of the container id, or epoch.' } as const
const onHost = { type: 'string', description: 'On this host (name or number).', valueHint: 'host' } as const

const found = async (api: Client, name: string, host: string | undefined) => {
  const hostId = host === undefined ? undefined : await hostIdOf(api, host)
  const isEpoch = /^\d{9,16}$/.test(name)
  const { rows } = await api.hosts.containers.list.query({
    ...(hostId === undefined ? {} : { hostId }),
    ...(isEpoch ? {} : { text: name }),
    state: 'all',
    limit: 200,
  })
  const exact = rows.filter((c) => c.name === name || c.containerId.startsWith(name) || String(c.epoch) === name)
  const running = exact.filter((c) => c.endedAt === null)
  const [one, another] =
    running.length > 0 ? running : exact.toSorted((a, b) => (a.openedAt < b.openedAt ? 1 : -1)).slice(0, 1)
  if (!one) throw new Failure(`no container "${name}"${host ? ` on ${host}` : ''}; "wharf container list" names them`)
  if (another) throw new Failure(`"${name}" runs on ${running.map((c) => c.host).join(' and ')}; say which with --host`)
  return one
}

const settled = async (api: Client, target: { hostId: number; epoch: number }, id: string, seconds: number) => {
  for (let waited = 0; waited < seconds * 1000; waited += POLL_MS) {
    const { commands } = await api.hosts.containers.get.query(target)
    const command = commands.find((one) => one.id === id)
    if (command && command.state !== 'pending') return command
    await sleep(POLL_MS)
  }
  return undefined
}

const act = (kind: Kind, description: string, options: readonly (keyof Args & string)[] = []) => {
  const named = {
    'cpu-percent': 'cpuPercent',
    'memory-mib': 'memoryMib',
    'cpu-milli': 'cpuMilli',
    grace: 'graceSeconds',
  } as const
  const own = Object.fromEntries(
    Object.entries(named)
      .filter(([, arg]) => options.includes(arg))
      .map(([name]) => [name, { type: 'string', description: `${name}, a whole number.`, valueHint: 'n' } as const]),
  )
  return verb(
    description,
    {
      container: which,
      host: onHost,
      reason: {
        type: 'string',
        description: 'Why; for the audit log.',
        default: 'from the command line',
        valueHint: 'text',
      },
      wait: { type: 'string', description: 'Wait so many seconds for the result.', default: '30', valueHint: 's' },
      ...own,
    },
    async (args) => {
      const api = connect()
      const { hostId, epoch, name, host } = await found(api, args.container, args.host)
      const given = args as Record<string, unknown>
      const values = Object.entries(named).flatMap(([option, arg]) => {
        const value = whole(option, given[option] as string | undefined)
        return options.includes(arg) && value !== undefined ? [[arg, value] as const] : []
      })
      const { id } = await api.hosts.containers.command.mutate({
        hostId,
        epoch,
        kind,
        args: Object.fromEntries(values),
        reason: args.reason,
        key: crypto.randomUUID(),
      })
      const command = await settled(api, { hostId, epoch }, id, whole('wait', args.wait) ?? 30)
      const state = command?.state ?? 'pending'
      if (args.json)
        out(
          json({
            id,
            hostId,
            epoch,
            kind,
            state,
            detail: command?.detail ?? null,
            evidence: command?.evidence ?? null,
          }),
        )
      else if (state === 'pending') out(`${kind} of ${name} on ${host} waits for its agent (command ${id})\n`)
      else if (state === 'done') out(`${kind} of ${name} on ${host}: ${command?.detail ?? 'done'}\n`)
      if (state !== 'done' && state !== 'pending') {
        throw new Failure(`${kind} of ${name} on ${host} ${state}: ${command?.detail ?? 'no detail'}`)
      }
    },
  )
}

export const container = noun('Containers on hosts.', {
  list: verb(
    'List containers.',
    {
      host: onHost,
      account: { type: 'string', description: 'Of one account.', valueHint: 'name' },
      state: { type: 'string', description: STATES.join(', '), default: 'running', valueHint: 'state' },
      text: { type: 'string', description: 'With this in name or image.', valueHint: 'text' },
      limit: { type: 'string', description: 'At most so many, 200 or less.', default: '200', valueHint: 'n' },
      cursor: { type: 'string', description: 'From the list before, for the next ones.', valueHint: 'cursor' },
    },
    async (args) => {
      const api = connect()
      const state = oneOf('state', args.state, STATES)
      const list = await api.hosts.containers.list.query({
        limit: whole('limit', args.limit, 1) ?? 200,
        ...(state ? { state } : {}),
        ...(args.host ? { hostId: await hostIdOf(api, args.host) } : {}),
        ...(args.account ? { account: args.account } : {}),
        ...(args.text ? { text: args.text } : {}),
        ...(args.cursor ? { cursor: args.cursor } : {}),
      })
      if (args.json) return out(json(list))
      out(
        table(
          list.rows,
          [
            ['container', (c) => c.name],
            ['host', (c) => c.host],
            ['owner', (c) => (c.account ? `${c.account}/${c.app}` : 'unattributed')],
            ['vcpu', (c) => number(c.cpuCores, 3), 'right'],
            ['memory', (c) => (c.memoryMib === null ? null : bytes(c.memoryMib * MIB)), 'right'],
            ['layer', (c) => bytes(c.layerBytes), 'right'],
            ['log', (c) => bytes(c.logBytes), 'right'],
            ['started', (c) => time(c.openedAt)],
            ['epoch', (c) => c.epoch, 'right'],
          ],
          'no container matches',
        ),
      )
      if (list.nextCursor) process.stderr.write(`more: --cursor ${list.nextCursor}\n`)
    },
  ),
  show: verb('Show one container.', { container: which, host: onHost }, async (args) => {
    const api = connect()
    const { hostId, epoch } = await found(api, args.container, args.host)
    const detail = await api.hosts.containers.get.query({ hostId, epoch })
    if (args.json) return out(json(detail))
    const { container: c, commands } = detail
    out(
      facts([
        ['container', c.name],
        ['host', `${c.host} (${c.hostId})`],
        ['owner', c.account ? `${c.account}/${c.app}${c.protected ? ', protected' : ''}` : 'unattributed'],
        ['state', c.endedAt ? `ended ${time(c.endedAt)}` : 'running'],
        ['started', time(c.openedAt)],
        ['image', c.image],
        ['container id', c.containerId],
        ['epoch', c.epoch],
        ['cpu', c.cpuCores === null ? null : `${number(c.cpuCores, 3)} vCPU`],
        ['memory', c.memoryMib === null ? null : bytes(c.memoryMib * MIB)],
        ['layer', bytes(c.layerBytes)],
        ['volumes', bytes(c.volumesBytes)],
        ['log', bytes(c.logBytes)],
        ['last command', commands[0] ? `${commands[0].kind} ${commands[0].state} ${time(commands[0].issuedAt)}` : null],
      ]),
    )
  }),
  stop: act('stop', 'Stop a container; the engine does not start it again.', ['graceSeconds']),
  restart: act('restart', 'Restart a container.'),
  kill: act('kill', 'Kill a container without grace.'),
  pause: act('pause', 'Freeze a container.'),
  unpause: act('unpause', 'Let a frozen container go on.'),
  throttle: act('throttle', 'Limit a container’s CPU (--cpu-percent of one core).', ['cpuPercent']),
  unthrottle: act('unthrottle', 'Give back the CPU limit of before.'),
  'set-limits': act('set_limits', 'Set memory and CPU limits.', ['memoryMib', 'cpuMilli']),
  'truncate-log': act('truncate_log', 'Empty a container’s log file.'),
  delete: act('delete', 'Remove a container and its writable layer.'),
})
