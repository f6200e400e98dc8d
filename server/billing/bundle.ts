import { createHash } from 'node:crypto'
import { canonical } from './canonical.ts'
import type { LifeEvidence, WindowEvidence } from './evidence.ts'
import type { LineKind } from './rated.ts'
import type { PriceVersion } from './terms.ts'

/** What a bundle is called by; a reader refuses any other. */
export const BUNDLE_FORMAT = 'wharfinger-evidence/1'

/** JSON as it is after its canonical text was read back: bigints are decimal strings, dates ISO text. */
export type Read<T> = T extends bigint | Date
  ? string
  : T extends readonly (infer Item)[]
    ? Read<Item>[]
    : T extends object
      ? { [K in keyof T]: Read<T[K]> }
      : T

/** A line as the invoice says it. */
export type StatedLine = {
  position: number
  kind: LineKind
  description: string
  planVersionId: string | null
  price: string | null
  meter: string | null
  app: string | null
  quantity: string | null
  unitAmount: string | null
  exact: string
  amountMinor: string
  serviceStart: string
  serviceEnd: string
  detail: unknown
}

/** An invoice as it was finalized, from the rows that pages show. Amounts are decimal strings of minor units. */
export type StatedInvoice = {
  number: string
  currency: string
  periodStart: string
  periodEnd: string
  asOf: string
  finalizedAt: string
  lines: StatedLine[]
  subtotalMinor: string
  discountMinor: string
  promotionalMinor: string
  taxMinor: string
  totalMinor: string
  prepaidMinor: string
  digest: string
}

/** A report in a bundle: what was signed, and the bytes. `body` is null where it also names others' containers. */
export type BundledReport = {
  hostId: number
  keyId: number
  seq: number
  sentMs: number
  monoMs: number
  bootId: string
  receivedMs: number
  /** SHA-256 of the body's bytes, hexadecimal: what the host signed. */
  digest: string
  signature: string
  body: string | null
  /** Rows set aside when it came; they count for nothing. */
  leftOut?: string[]
}

export type BundledHost = {
  hostId: number
  name: string
  keys: { keyId: number; publicKey: string }[]
  /** Wall time of monotonic zero, a boot each. */
  boots: { bootId: string; anchorMs: number }[]
}

/** A reading whose report is withheld: what the control plane says stood in it. */
export type StatedReading = { hostId: number; epoch: number; minute: number; totals: readonly bigint[] }

/** The parts that are hashed one by one. `inputs` is the JSON that was stored when the invoice was finalized. */
export type BundleParts = {
  invoice: StatedInvoice
  inputs: unknown
  /** Every plan version that a line names, with the digest it was published under. */
  terms: (PriceVersion & { digest: string })[]
  evidence: { windows: WindowEvidence[]; stated: StatedReading[] }
  hosts: BundledHost[]
}
export type PartName = keyof BundleParts
export const PARTS: readonly PartName[] = ['evidence', 'hosts', 'inputs', 'invoice', 'terms']

/** What the control plane signs: every part and report by its hash, so that none can be left out or changed. */
export type Manifest = {
  format: string
  account: string
  number: string
  sealedAt: string
  /** The control plane's public key, raw Ed25519, base64. */
  key: string
  parts: Record<PartName, string>
  reports: { hostId: number; seq: number; sha256: string }[]
}

export type Bundle = { manifest: Manifest; signature: string; parts: BundleParts; reports: BundledReport[] }

/** The text that is signed for a manifest: its beginning keeps the signature from standing for anything else. */
export const manifestText = (manifest: Manifest) => `wharf1-evidence\n${canonical(manifest)}`
export const hashOf = (value: unknown) => createHash('sha256').update(canonical(value)).digest('hex')

/** A bundle's manifest, which the caller signs. */
export const manifestOf = (
  head: Pick<Manifest, 'account' | 'number' | 'sealedAt' | 'key'>,
  parts: BundleParts,
  reports: readonly BundledReport[],
): Manifest => ({
  format: BUNDLE_FORMAT,
  ...head,
  parts: Object.fromEntries(PARTS.map((name) => [name, hashOf(parts[name])])) as Record<PartName, string>,
  reports: reports.map((report) => ({ hostId: report.hostId, seq: report.seq, sha256: hashOf(report) })),
})

/** A life's evidence as it is read back. */
export type ReadLife = Read<LifeEvidence>
