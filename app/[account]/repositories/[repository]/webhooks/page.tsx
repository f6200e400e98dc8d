import { load, server } from '../../../../server.ts'
import { Button } from '../../../../ui/button.tsx'
import { Panel } from '../../../../ui/panel.tsx'
import { DeliveriesPanel } from '../../../settings/webhooks/deliveries-panel.tsx'
import { EndpointsPanel } from '../../../settings/webhooks/endpoints-panel.tsx'

export const metadata = { title: 'Repository webhooks' }

/** Webhooks of one repository: what hears of its pushes, deletes and limits, and what became of each. */
export default async function RepositoryWebhooksPage({
  params,
}: {
  params: Promise<{ account: string; repository: string }>
}) {
  const { account, repository: name } = await params
  const path = `${account}/${name}`
  const api = await server()
  const [me, view, repository, { rows, events }] = await load(
    Promise.all([
      api.accounts.me(),
      api.accounts.view({ account }),
      api.registry.repository.get({ path }),
      api.notices.webhooks.list({ account }),
    ]),
  )
  const own = rows.filter((row) => row.subject === repository.path)
  const deliveries = await load(
    Promise.all(
      own.slice(0, 5).map(({ id }) => api.notices.webhooks.deliveries({ account, endpointId: id.toString() })),
    ),
  )
  const mayChange =
    me.roles.includes('admin') || ((view.role === 'owner' || view.role === 'admin') && view.holds.length === 0)
  const newest = deliveries
    .flatMap((page) => page.rows)
    .toSorted((a, b) => Number(b.id - a.id))
    .slice(0, 25)
  return (
    <>
      <EndpointsPanel
        account={account}
        subject={repository.path}
        endpoints={own.map((row) => ({ ...row, id: row.id.toString() }))}
        events={events.filter(({ type }) => type.startsWith('repository.'))}
        mayChange={mayChange}
      />
      <DeliveriesPanel
        account={account}
        mayChange={mayChange}
        endpoints={own.map((row) => ({ id: row.id.toString(), url: row.url }))}
        endpoint={undefined}
        deliveries={newest.map((row) => ({ ...row, id: row.id.toString(), endpointId: row.endpointId.toString() }))}
        olderHref={undefined}
      />
      <Panel title="All of the account">
        <div className="row">
          <span>A webhook of the account can hear of all its repositories.</span>
          <span className="flex-1" />
          <Button href={`/${account}/settings/webhooks`}>Webhooks of {account}</Button>
        </div>
      </Panel>
    </>
  )
}
