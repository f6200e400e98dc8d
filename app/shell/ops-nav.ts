/** A place of the operator's shell: where it is, and the second key after `G` that goes there. */
export type Place = { label: string; href: string; key?: string; count?: keyof OpsCounts }

/** Figures beside the rail's links. A number in a list of `hot` asks for a decision. */
export type OpsCounts = {
  quotas?: number
  hosts?: number
  outbox?: number
  abuse?: number
  ingest?: number
  incidents?: number
}

/** The rail's groups, in the order an operator works. Only places that exist. */
export const OPS_GROUPS: readonly { title: string; places: readonly Place[] }[] = [
  {
    title: 'Watch',
    places: [
      { label: 'Fleet', href: '/ops', key: 'f' },
      { label: 'Incidents', href: '/ops/incidents', key: 'n', count: 'incidents' },
      { label: 'Alerts', href: '/ops/alerts', key: 'l' },
      { label: 'On call', href: '/ops/on-call', key: 'o' },
      { label: 'Ingest', href: '/ops/ingest', key: 'i', count: 'ingest' },
    ],
  },
  {
    title: 'Police',
    places: [
      { label: 'Abuse', href: '/ops/abuse', key: 'x', count: 'abuse' },
      { label: 'Quotas', href: '/ops/quotas', key: 'q', count: 'quotas' },
    ],
  },
  {
    title: 'Operate',
    places: [
      { label: 'Hosts', href: '/ops/hosts', key: 'h', count: 'hosts' },
      { label: 'Registry', href: '/ops/registry', key: 'r' },
    ],
  },
  {
    title: 'Bill',
    places: [
      { label: 'Invoices', href: '/ops/billing/invoices', key: 'b' },
      { label: 'Adjustments', href: '/ops/billing/adjustments' },
      { label: 'Disputes', href: '/ops/billing/disputes' },
      { label: 'Revenue', href: '/ops/billing/revenue' },
      { label: 'Catalog', href: '/ops/catalog', key: 'c' },
      { label: 'Import', href: '/ops/billing/import' },
      { label: 'Stripe', href: '/ops/billing/stripe', key: 's' },
    ],
  },
  {
    title: 'Account',
    places: [
      { label: 'Accounts', href: '/ops/accounts', key: 'a' },
      { label: 'Unattributed', href: '/ops/unattributed' },
      { label: 'Mail outbox', href: '/ops/outbox', key: 'm', count: 'outbox' },
      { label: 'Audit log', href: '/ops/audit', key: 'u' },
    ],
  },
]

/** A customer's places, for the palette and the keys. */
export const accountPlaces = (account: string): readonly Place[] => [
  { label: 'Overview', href: `/${account}`, key: 'o' },
  { label: 'Apps', href: `/${account}/apps`, key: 'a' },
  { label: 'Usage', href: `/${account}/usage`, key: 'u' },
  { label: 'Spend', href: `/${account}/spend`, key: 'p' },
  { label: 'Invoices', href: `/${account}/invoices`, key: 'i' },
  { label: 'Plan', href: `/${account}/plan`, key: 'l' },
  { label: 'Billing', href: `/${account}/billing`, key: 'b' },
  { label: 'Members', href: `/${account}/members`, key: 'm' },
  { label: 'Abuse', href: `/${account}/abuse` },
  { label: 'Settings', href: `/${account}/settings`, key: 's' },
]

/** The place a path is in: `/ops` only for itself, others for everything below them. */
export const placeOf = (path: string): Place | undefined =>
  OPS_GROUPS.flatMap((group) => group.places).find(({ href }) =>
    href === '/ops' ? path === href : path === href || path.startsWith(`${href}/`),
  )
