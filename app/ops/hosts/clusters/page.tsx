import type { Caller } from '#server/router.ts'
import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { StatusBadge, type Status } from '../../../ui/status.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Tabs } from '../../../ui/tabs.tsx'
import { Time } from '../../../ui/time.tsx'
import { AddHost } from '../add-host.tsx'
import { clusterNames } from '../cluster-names.ts'
import { HOST_TABS } from '../host-tabs.ts'
import { EditCluster, NewCluster } from './cluster-form.tsx'
import { RevokeToken } from './revoke-token.tsx'
import { TRUSTS } from './trust.ts'

export const metadata: Metadata = { title: 'Clusters and join tokens' }

type Cluster = Awaited<ReturnType<Caller['hosts']['clusters']['list']>>[number]
type Token = Awaited<ReturnType<Caller['hosts']['joinTokens']['list']>>[number]

const clusterColumns: Column<Cluster>[] = [
  { head: 'Cluster', phone: 'title', cell: (c) => <a href={`/ops/hosts?cluster=${c.name}`}>{c.name}</a> },
  { head: 'Kind', phone: 'state', cell: (c) => c.kind },
  {
    head: 'Labels',
    cell: (c) => (c.tenantAccount ? `name apps of ${c.tenantAccount}` : TRUSTS[c.labelTrust].short),
  },
  { head: 'Hosts', align: 'right', cell: (c) => c.hosts },
  { head: 'Since', align: 'right', cell: (c) => <Time at={c.createdAt} show="relative" /> },
  { head: '', align: 'right', cell: (c) => <EditCluster cluster={c} /> },
]

const STATES: Record<Token['state'], Status> = {
  usable: 'operational',
  'used up': 'maintenance',
  expired: 'unknown',
  revoked: 'maintenance',
}

const tokenColumns: Column<Token>[] = [
  { head: 'Token', phone: 'title', cell: (t) => <span className="mono">{t.hint}</span> },
  { head: 'State', phone: 'state', cell: (t) => <StatusBadge status={STATES[t.state]}>{t.state}</StatusBadge> },
  { head: 'Cluster', cell: (t) => t.cluster },
  { head: 'Used', align: 'right', cell: (t) => `${t.uses} of ${t.maxUses}` },
  { head: 'By', cell: (t) => <span className="text-2 break-all">{t.createdBy}</span> },
  { head: 'Expires', align: 'right', cell: (t) => <Time at={t.expiresAt} show="relative" /> },
  { head: '', align: 'right', cell: (t) => (t.state === 'usable' ? <RevokeToken id={t.id} hint={t.hint} /> : null) },
]

/** What hosts stand under, and the tokens they come in by. */
export default async function ClustersPage() {
  const api = await server()
  const [clusters, tokens] = await Promise.all([load(api.hosts.clusters.list()), load(api.hosts.joinTokens.list())])
  return (
    <>
      <PageHead
        title="Clusters and join tokens"
        sub="Quotas and how far container labels are believed are set by cluster."
        actions={
          <>
            <NewCluster />
            <AddHost clusters={clusterNames(clusters)} />
          </>
        }
      />
      <div className="stack">
        <Tabs label="Hosts" items={HOST_TABS} />
        <Panel title="Clusters" flush>
          <Table
            label="Clusters"
            columns={clusterColumns}
            rows={clusters}
            rowKey={(c) => c.id}
            empty={<Empty title="No clusters yet.">A host belongs to one; make one before the first host.</Empty>}
          />
        </Panel>
        <Panel title="Join tokens" sub="only a hint of each is kept" flush>
          <Table
            label="Join tokens"
            columns={tokenColumns}
            rows={tokens}
            rowKey={(t) => t.id}
            empty={<Empty title="No join tokens yet.">“Add a host” makes one.</Empty>}
          />
        </Panel>
      </div>
    </>
  )
}
