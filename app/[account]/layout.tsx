import { attempt, load, server, theme } from '../server.ts'
import { CustomerShell } from '../shell/customer-shell.tsx'
import { IncidentBanners } from './incident-banner/banners.tsx'

/** The customer's side of one account. To who may not see it, it does not exist. */
export default async function AccountLayout({
  children,
  params,
}: {
  children: React.ReactNode
  params: Promise<{ account: string }>
}) {
  const { account } = await params
  const api = await server()
  const [view, me, { demo }, told] = await Promise.all([
    load(api.accounts.view({ account })),
    load(api.accounts.me()),
    load(api.accounts.signInOptions()),
    attempt(api.incidents.incident.banners({ account })),
  ])
  const incidents = told.ok ? told.value : { banners: [], hasPublic: false }
  const viewer = {
    name: me.user?.name ?? me.token ?? 'Token',
    email: me.user?.email ?? '',
    isOperator: me.roles.length > 0,
    accounts: me.accounts.map(({ name }) => name),
  }
  return (
    <CustomerShell
      account={view.name}
      viewer={viewer}
      theme={(await theme()) ?? 'system'}
      holds={view.holds}
      asOperator={view.role === null}
      demo={demo}
      hasIncident={incidents.hasPublic}
      bars={
        <IncidentBanners
          account={view.name}
          banners={incidents.banners.map(({ updateId, ...banner }) => ({ ...banner, updateId: String(updateId) }))}
        />
      }
    >
      {children}
    </CustomerShell>
  )
}
