import { load, server, theme } from '../server.ts'
import { OpsShell } from '../shell/ops-shell.tsx'

/** The operator's side: whoever lacks the role sees which role it takes. */
export default async function OpsLayout({ children }: { children: React.ReactNode }) {
  const api = await server()
  const [{ demo, ...counts }, me] = await Promise.all([load(api.hosts.counts()), load(api.accounts.me())])
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
        ...(counts.ingest ? { ingest: counts.ingest } : {}),
      }}
      hot={['quotas', 'ingest']}
      demo={demo}
    >
      {children}
    </OpsShell>
  )
}
