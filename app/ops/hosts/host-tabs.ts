import type { Tab } from '../../ui/tabs.tsx'

/** The views of the fleet's machines: each host, and the clusters and join tokens they come in by. */
export const HOST_TABS: readonly Tab[] = [
  { label: 'Hosts', href: '/ops/hosts', exact: true },
  { label: 'Clusters and join tokens', href: '/ops/hosts/clusters' },
]
