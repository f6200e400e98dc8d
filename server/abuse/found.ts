import type { Sql } from '#db/client.ts'
import type { AbuseFinding, Observation } from '#agents/rules.ts'

/** A finding about abuse as it was kept, with the host's cluster and times on our clock. */
export type Found = {
  hostId: number
  findingId: string
  epoch: number
  cluster: string
  abuse: AbuseFinding['abuse']
  seenAt: Date
  receivedAt: Date
  startedAt: Date
  actedAt: Date | null
}

/** Reads a finding. A time of the boot's clock becomes ours by how far it lies from when it was seen. */
export const readFound = async (sql: Sql, hostId: number, findingId: string): Promise<Found | undefined> => {
  const [row] = await sql<
    {
      epoch: bigint
      detail: AbuseFinding['abuse'] & { monoMs: number }
      foundAt: Date
      receivedAt: Date
      cluster: string
    }[]
  >`select f.epoch, f.detail, f.found_at, f.received_at, c.name as cluster
    from finding f join host h on h.id = f.host_id join cluster c on c.id = h.cluster_id
    where f.host_id = ${hostId} and f.id = ${findingId} and f.kind = 'abuse'`
  if (!row) return undefined
  const { monoMs, ...abuse } = row.detail
  const at = (mono: number) => new Date(Math.min(row.foundAt.getTime() + (mono - monoMs), row.receivedAt.getTime()))
  return {
    hostId,
    findingId,
    epoch: Number(row.epoch),
    cluster: row.cluster,
    abuse,
    seenAt: row.foundAt,
    receivedAt: row.receivedAt,
    startedAt: at(abuse.startedMonoMs),
    actedAt: abuse.actedMonoMs === undefined ? null : at(abuse.actedMonoMs),
  }
}

/** The executable that a stop is about: the one proofs were seen in, else the busiest; else the image. */
export const digestOf = (
  abuse: Pick<AbuseFinding['abuse'], 'executables' | 'imageId' | 'image'> & { observations: readonly Observation[] },
): string => {
  const seen = abuse.observations.find(({ exeSha256 }) => exeSha256 !== undefined)?.exeSha256
  const busiest = abuse.executables.toSorted((a, b) => b.busyPercent - a.busyPercent).find(({ sha256 }) => sha256)
  return seen ?? busiest?.sha256 ?? `image:${abuse.imageId ?? abuse.image}`
}
