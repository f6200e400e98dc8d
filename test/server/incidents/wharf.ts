import type { Pool } from '#db/client.ts'
import { systemContext, type Context } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { createComponent, placeComponent } from '#server/incidents/components.ts'
import { addAccount, addCluster, addEpoch, addHost } from '../usage/place.ts'

export const minuteAt = (minutes: number) => new Date(Date.UTC(2026, 10, 21, 3) + minutes * 60_000)

/** Two hosts in one cluster with two customers' containers, and the components that stand on them. */
export const buildWharf = async (sql: Pool) => {
  const env = readEnv({ WHARF_PUBLIC_URL: 'https://wharf.example' })
  const as = (label: string, minutes: number): Context => ({
    ...systemContext(sql, env, label),
    now: minuteAt(minutes),
  })
  const ctx = (minutes: number) => as('oncall@wharf.example', minutes)
  const cluster = await addCluster(sql, 'ams1')
  const one = await addHost(sql, cluster, 'ams1-c1')
  const two = await addHost(sql, cluster, 'ams1-c2')
  const saltmarsh = await addAccount(sql, 'saltmarsh')
  const tidepool = await addAccount(sql, 'tidepool')
  const run = async (host: number, name: string, account: bigint, app: string) => {
    const epoch = await addEpoch(sql, host, name)
    await sql`insert into attribution (host_id, epoch, from_hour, account_id, app, source)
      values (${host}, ${epoch}, 0, ${account}, ${app}, 'label')`
    return epoch
  }
  await run(one, 'web-1', saltmarsh, 'web')
  await run(one, 'web-2', saltmarsh, 'web')
  await run(two, 'site-1', tidepool, 'site')
  const add = (name: string) =>
    createComponent(ctx(-10_000), {
      name,
      description: '',
      region: 'ams1',
      groupId: null,
      position: 100,
      showUptime: true,
    })
  const running = await add('Running services')
  const registry = await add('Image registry')
  await placeComponent(ctx(-9_999), running, { hostId: null, clusterId: cluster, hostName: null })
  await placeComponent(ctx(-9_999), registry, { hostId: null, clusterId: null, hostName: 'ams1-*1' })
  return { env, as, ctx, cluster, one, two, saltmarsh, tidepool, running, registry }
}
