import {
  epochId,
  METERS,
  PROTOCOL_VERSION,
  type EpochDeclaration,
  type Report,
  type SampleRow,
} from '#agents/protocol.ts'

/** An account's totals since `openedAt`, as they stand now. */
export type AccountTotals = {
  accountId: bigint
  account: string
  openedAt: Date
  storedBytes: bigint
  storedMibS: bigint
  egressBytes: bigint
  ingressBytes: bigint
}

/** The app that the registry's use stands under, on usage pages and invoices. */
export const APP = 'registry'

export const MIB_MS = 1_048_576_000n

type Names = { labelAccount: string; labelApp: string }
type Made = {
  seq: number
  bootId: string
  bootAtMs: number
  nowMs: number
  names: Names
  totals: readonly AccountTotals[]
  /** Accounts that are declared in this report; others were before. */
  declared: (totals: AccountTotals) => boolean
  cores: number
  memoryTotalMib: number
}

const identityOf = (bootId: string, { accountId, openedAt }: AccountTotals) => ({
  kind: 'volume' as const,
  bootId,
  objectId: `registry-${accountId}`,
  startedAt: openedAt.toISOString(),
  segment: 0,
})

const rowOf = (epoch: number, totals: AccountTotals): SampleRow => {
  const values: Partial<Record<(typeof METERS)[number], bigint>> = {
    volumesMibS: totals.storedMibS,
    rxBytes: totals.ingressBytes,
    txBytes: totals.egressBytes,
  }
  return [epoch, ...METERS.map((meter) => Number(values[meter] ?? 0n))]
}

/**
 * A report of the front's, as an agent makes them: each account is a volume whose size is integrated to MiB·s, with the
 * bytes sent to and taken from clients. Its clock begins at `bootAtMs`.
 */
export const frontReport = (made: Made): Report => {
  const { bootId, bootAtMs, nowMs, names, totals } = made
  const monoMs = nowMs - bootAtMs
  const all = totals.map((one) => ({ one, identity: identityOf(bootId, one) }))
  const withIds = all.map(({ one, identity }) => ({ one, identity, epoch: epochId(identity) }))
  return {
    v: PROTOCOL_VERSION,
    agent: 'wharf-registry/1',
    bootId,
    seq: made.seq,
    clock: { wallMs: nowMs, monoMs, anchorMs: bootAtMs },
    complete: true,
    failures: [],
    facts: {
      hostname: 'registry',
      kernel: process.platform,
      architecture: process.arch,
      cores: made.cores,
      memoryTotalMib: made.memoryTotalMib,
      cgroupVersion: 2,
      engine: 'none',
      projectQuotas: false,
    },
    epochs: withIds
      .filter(({ one }) => made.declared(one))
      .map(({ one, identity, epoch }): EpochDeclaration => ({
        ...identity,
        epoch,
        openedMonoMs: one.openedAt.getTime() - bootAtMs,
        witnessed: true,
        name: `registry of ${one.account}`,
        image: 'registry',
        labels: { [names.labelAccount]: one.account, [names.labelApp]: APP },
      })),
    minutes: [{ edgeMonoMs: monoMs, rows: withIds.map(({ one, epoch }) => rowOf(epoch, one)) }],
    objects: withIds.map(({ one, epoch }) => ({ epoch, bytes: Number(one.storedBytes), monoMs })),
    events: [],
  }
}
