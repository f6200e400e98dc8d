import { homedir } from 'node:os'
import { join } from 'node:path'
import { controlPlane } from '../client.ts'
import { usage } from '../failure.ts'
import { json, out } from '../print.ts'
import { noun, verb } from '../verb.ts'

const stateOf = (given: string | undefined): string =>
  given ?? (process.getuid?.() === 0 ? '/var/lib/wharf-agent' : join(homedir(), '.wharf-agent'))

const state = { type: 'string', description: 'Directory of the agent’s key and spool.', valueHint: 'dir' } as const
const name = { type: 'string', description: 'Host name to report under.', valueHint: 'name' } as const

const untilStopped = async (stateDir: string, hostname: string | undefined) => {
  // Only here: the other nouns start without the agent's code.
  const { run } = await import('#agents/host/run.ts')
  const agent = await run({ stateDir, ...(hostname === undefined ? {} : { hostname }) })
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await agent.stop()
}

export const agent = noun('The agent of this host.', {
  enrol: verb(
    'Enrol this host with a join token; its key is made here and stays here.',
    {
      token: { type: 'string', description: 'Join token (or WHARF_JOIN_TOKEN).', valueHint: 'wharfjoin_…' },
      url: { type: 'string', description: 'Control plane (or WHARF_URL).', valueHint: 'url' },
      state,
      name,
    },
    async (args) => {
      const token = args.token ?? process.env['WHARF_JOIN_TOKEN']
      if (!token)
        throw usage(
          'give a join token: --token, or WHARF_JOIN_TOKEN; an operator makes one with "wharf join-token create"',
        )
      const stateDir = stateOf(args.state)
      const { enrol } = await import('#agents/host/enrol.ts')
      const identity = await enrol({
        url: args.url ?? controlPlane(),
        token,
        stateDir,
        ...(args.name === undefined ? {} : { hostname: args.name }),
      })
      const { hostId, keyId, cluster, url } = identity
      if (args.json) out(json({ hostId, keyId, cluster, url, state: stateDir }))
      else out(`enrolled as host ${hostId} in cluster ${cluster}; run it with: wharf agent run --state ${stateDir}\n`)
    },
  ),
  run: verb('Run the agent of this host until it is stopped.', { state, name }, (args) =>
    untilStopped(stateOf(args.state), args.name),
  ),
  rotate: verb(
    'Exchange this host’s key for a new one; the old one works for another hour.',
    { state },
    async (args) => {
      const { rotate } = await import('#agents/host/enrol.ts')
      const { hostId, keyId } = await rotate({ stateDir: stateOf(args.state) })
      if (args.json) out(json({ hostId, keyId }))
      else
        out(
          `host ${hostId} signs with key ${keyId} now; restart its agent within the hour: systemctl restart wharf-agent\n`,
        )
    },
  ),
})
