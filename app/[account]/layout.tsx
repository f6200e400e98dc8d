import { load, server, theme } from '../server.ts'
import { CustomerShell } from '../shell/customer-shell.tsx'

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
  const [view, me, { demo }] = await Promise.all([
    load(api.accounts.view({ account })),
    load(api.accounts.me()),
    load(api.accounts.signInOptions()),
  ])
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
    >
      {children}
    </CustomerShell>
  )
}
