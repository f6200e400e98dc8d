import { publicKeyFromRaw, verifyText } from '#agents/protocol.ts'
import { BUNDLE_FORMAT, hashOf, manifestText, PARTS, type Bundle, type Manifest } from './bundle.ts'
import { canonical } from './canonical.ts'
import { check, type Check } from './check.ts'
import { inputsFrom } from './readInputs.ts'
import { verifyLines, type LineCheck } from './verifyLines.ts'
import { verifyReports } from './verifyReports.ts'
import { verifyTerms } from './verifyTerms.ts'
import { verifyUsage } from './verifyUsage.ts'

/** What a verification found: it agrees where every check does. */
export type Verification = {
  agrees: boolean
  number: string
  account: string
  sealedAt: string
  /** The key that signed, raw Ed25519 in base64: compare it with the one the control plane shows. */
  key: string
  checks: Check[]
  lines: LineCheck[]
}

/** Base64 that is the only text for its bytes: a changed last letter must not pass. */
const isBase64 = (text: unknown): text is string =>
  typeof text === 'string' && Buffer.from(text, 'base64').toString('base64') === text

const readBundle = (text: string): Bundle => {
  let bundle: Bundle
  try {
    bundle = JSON.parse(text) as Bundle
  } catch {
    throw new TypeError('this is no JSON; an evidence bundle is one JSON file')
  }
  if (bundle?.manifest?.format !== BUNDLE_FORMAT)
    throw new TypeError(`this is no evidence bundle of the format ${BUNDLE_FORMAT}`)
  // Nothing else in the file but what is signed or hashed, and in the one way to write it.
  if (canonical(bundle) !== text) throw new TypeError('the file is not byte for byte as it was sealed')
  const members = Object.keys(bundle).toSorted().join()
  if (members !== 'manifest,parts,reports,signature') throw new TypeError(`the file's members are ${members}`)
  return bundle
}

const isSigned = (manifest: Manifest, signature: string): boolean => {
  try {
    return isBase64(signature) && verifyText(publicKeyFromRaw(manifest.key), manifestText(manifest), signature)
  } catch {
    return false
  }
}

const verifySeal = ({ manifest, signature, parts, reports }: Bundle, pinned: string | undefined): Check[] => {
  const sealed = new Map(manifest.reports.map((report) => [`${report.hostId}:${report.seq}`, report.sha256]))
  const changed = reports.filter((report) => sealed.get(`${report.hostId}:${report.seq}`) !== hashOf(report))
  const there = new Set(reports.map((report) => `${report.hostId}:${report.seq}`))
  const missing = manifest.reports.filter((report) => !there.has(`${report.hostId}:${report.seq}`))
  return [
    check('the control plane signed the manifest', isSigned(manifest, signature)),
    ...(pinned === undefined ? [] : [check('it is the key that was named', manifest.key === pinned)]),
    ...PARTS.map((name) => check(`${name} is what was sealed`, hashOf(parts[name]) === manifest.parts[name])),
    check(
      'every sealed report is there',
      missing.length === 0 && there.size === reports.length && reports.length === manifest.reports.length,
      missing.length > 0
        ? `missing: ${missing.map(({ hostId, seq }) => `host ${hostId} report ${seq}`).join(', ')}`
        : '',
    ),
    check('no report was changed', changed.length === 0),
  ]
}

/**
 * Verifies an exported evidence bundle by itself, without a network: signatures, hashes, readings, usage, prices, sums.
 * @param key the control plane's public key (raw Ed25519, base64) to hold it to; without it the bundle's own is used
 * @throws TypeError where the file is no bundle, or was written differently than it was sealed
 */
export const verifyBundle = (text: string, { key }: { key?: string | undefined } = {}): Verification => {
  const bundle = readBundle(text)
  const { manifest, parts } = bundle
  const checks = verifySeal(bundle, key)
  const lines: LineCheck[] = []
  try {
    const reports = verifyReports(bundle)
    const inputs = inputsFrom(parts.inputs)
    const usage = verifyUsage(parts, inputs, reports.readings)
    const priced = verifyLines(parts, inputs, usage.provenIn)
    checks.push(...reports.checks, ...usage.checks, ...verifyTerms(parts, inputs), ...priced.checks)
    lines.push(...priced.lines)
  } catch (error) {
    checks.push(check('the bundle can be read', false, error instanceof Error ? error.message : String(error)))
  }
  return {
    agrees: checks.every(({ agrees }) => agrees) && lines.every(({ agrees }) => agrees),
    number: manifest.number,
    account: manifest.account,
    sealedAt: manifest.sealedAt,
    key: manifest.key,
    checks,
    lines,
  }
}
