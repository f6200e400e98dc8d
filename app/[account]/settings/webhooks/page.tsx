import { load, server } from '../../../server.ts'
import { Live } from '../../../shell/live.tsx'
import { Button } from '../../../ui/button.tsx'
import { PageHead } from '../../../ui/panel.tsx'
import { one, type Search, withQuery } from '../../window.ts'
import { DeliveriesPanel } from './deliveries-panel.tsx'
import { EndpointsPanel } from './endpoints-panel.tsx'

export const metadata = { title: 'Webhooks' }

/** Where an account's events are posted, and what became of each. */
export default async function WebhooksPage({
  params,
  searchParams,
}: {
  params: Promise<{ account: string }>
  searchParams: Promise<Search>
}) {
  const [{ account: name }, search] = await Promise.all([params, searchParams])
  const [endpoint, cursor] = [one(search['endpoint']), one(search['cursor'])].map((text) =>
    text && /^\d{1,18}$/.test(text) ? text : undefined,
  )
  const api = await server()
  const [me, account, { rows, events }, deliveries] = await load(
    Promise.all([
      api.accounts.me(),
      api.accounts.view({ account: name }),
      api.notices.webhooks.list({ account: name }),
      api.notices.webhooks.deliveries({
        account: name,
        ...(endpoint ? { endpointId: endpoint } : {}),
        ...(cursor ? { cursor } : {}),
      }),
    ]),
  )
  const { role } = account
  const mayChange = me.roles.includes('admin') || ((role === 'owner' || role === 'admin') && account.holds.length === 0)
  const path = `/${name}/settings/webhooks`
  return (
    <>
      <Live topics={[`account:${account.id}`]} />
      <PageHead
        title="Webhooks"
        sub="Your programs hear of invoices, spending and the plan as it happens."
        actions={<Button href={`/${name}/settings`}>All settings</Button>}
      />
      <div className="stack">
        <EndpointsPanel
          account={name}
          endpoints={rows.map((row) => ({ ...row, id: row.id.toString() }))}
          events={events}
          mayChange={mayChange}
        />
        <DeliveriesPanel
          account={name}
          mayChange={mayChange}
          endpoints={rows.map((row) => ({ id: row.id.toString(), url: row.url }))}
          endpoint={endpoint}
          deliveries={deliveries.rows.map((row) => ({
            ...row,
            id: row.id.toString(),
            endpointId: row.endpointId.toString(),
          }))}
          olderHref={deliveries.nextCursor ? withQuery(path, search, { cursor: deliveries.nextCursor }) : undefined}
        />
      </div>
    </>
  )
}
