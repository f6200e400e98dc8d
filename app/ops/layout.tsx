import { attempt, load, server, theme } from '../server.ts'
import { IncidentBar } from '../shell/incident-bar.tsx'
import { OpsShell } from '../shell/ops-shell.tsx'

/** The operator's side: whoever lacks the role sees which role it takes. */
export default async function OpsLayout({ children }: { children: React.ReactNode }) {
  const api = await server()
  const [{ demo, ...counts }, me, open, abuse] = await Promise.all([
    load(api.hosts.counts()),
    load(api.accounts.me()),
    attempt(api.incidents.incident.open()),
    attempt(api.abuse.counts()),
  ])
  const incidents = open.ok ? open.value : []
  const viewer = {
    name: me.user?.name ?? me.token ?? 'Operator',
    email: me.user?.email ?? '',
    isOperator: true,
    accounts: me.accounts.map(({ name }) => name),
  }
  return (
    <OpsShell
      viewer={viewer}
      theme={(await theme()) ?? 'system'}
      counts={{
        hosts: counts.hosts,
        ...(counts.quotas ? { quotas: counts.quotas } : {}),
        ...(abuse.ok && abuse.value.open > 0 ? { abuse: abuse.value.open } : {}),
        ...(counts.ingest ? { ingest: counts.ingest } : {}),
        ...(incidents.length > 0 ? { incidents: incidents.length } : {}),
      }}
      hot={['quotas', 'ingest', 'incidents']}
      bars={<IncidentBar open={incidents} />}
      demo={demo}
    >
      {children}
    </OpsShell>
  )
}
