import { Tabs } from '../../ui/tabs.tsx'

/** Accounts and the people behind them. */
export function AccountTabs() {
  return (
    <Tabs
      label="Accounts and users"
      items={[
        { label: 'Accounts', href: '/ops/accounts', exact: true },
        { label: 'Users', href: '/ops/accounts/users' },
      ]}
    />
  )
}
