/** The clusters a host can join: those there are, and "local", which is made when it is first needed. */
export const clusterNames = (clusters: readonly { name: string }[]): string[] => [
  ...new Set(['local', ...clusters.map(({ name }) => name)]),
]
