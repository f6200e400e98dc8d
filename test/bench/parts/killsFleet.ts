import { epochId, METERS, type EpochDeclaration, type Report } from '#agents/protocol.ts'

/** Hosts whose reports follow from their numbers alone, so that anybody can say what the store must hold. */
export type Fleet = {
  url: string
  /** Folder of the spools, one a host. */
  dir: string
  hosts: { hostId: number; keyId: number; pem: string }[]
  containers: number
  /** When the hosts were `UPTIME_MS` up. */
  bornAtMs: number
  /** The minute that report 1 holds, since 1970. */
  firstMinute: number
  everyMs: number
}

export const UPTIME_MS = 40 * 86_400_000
const MINUTE_MS = 60_000

export const minuteOfReport = (fleet: Fleet, seq: number) => fleet.firstMinute + seq - 1

/** Totals of a container as they stand in a host's report `seq`, in METERS' order. */
export const totalsOf = (hostId: number, container: number, seq: number): number[] =>
  METERS.map((_, m) => seq * (1_000 + 7 * m + 13 * container + (hostId % 11)) + m)

export const containerOf = (hostId: number, container: number): EpochDeclaration => {
  const identity = {
    kind: 'container' as const,
    bootId: `boot-${hostId}`,
    objectId: `container-${hostId}-${container}`,
    startedAt: '2026-01-01T00:00:00Z',
    segment: 0,
  }
  return {
    ...identity,
    epoch: epochId(identity),
    openedMonoMs: 1_000,
    witnessed: true,
    name: `container-${container}`,
    image: 'kills',
    labels: {},
  }
}

/** Report `seq` of a host, made at `monoMs`. */
export const reportOf = (fleet: Fleet, hostId: number, seq: number, monoMs: number): Report => {
  const anchorMs = fleet.bornAtMs - UPTIME_MS
  const numbers = Array.from({ length: fleet.containers }, (_, c) => c)
  return {
    v: 1,
    agent: 'kills',
    bootId: `boot-${hostId}`,
    seq,
    clock: { wallMs: anchorMs + monoMs, monoMs, anchorMs },
    complete: true,
    failures: [],
    epochs: seq <= 3 ? numbers.map((c) => containerOf(hostId, c)) : [],
    minutes: [
      {
        edgeMonoMs: (minuteOfReport(fleet, seq) + 1) * MINUTE_MS - anchorMs,
        rows: numbers.map((c) => [containerOf(hostId, c).epoch, ...totalsOf(hostId, c, seq)]),
      },
    ],
    objects: [],
    events: [],
  }
}
