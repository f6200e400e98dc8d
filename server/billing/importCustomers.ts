import type { Tx } from '#db/client.ts'
import { organizationFor } from '../accounts/createOrganization.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { amountIn } from './amount.ts'
import { beginSubscription } from './beginSubscription.ts'
import { editProfileIn } from './editProfile.ts'
import { closeSubscription } from './endSubscription.ts'
import { ensureProfile, setCurrency } from './ensureProfile.ts'
import { grantIn } from './grantCredit.ts'
import { importRow, type ImportRow } from './importRow.ts'
import { paidAt } from './paid.ts'
import { periodAt } from './period.ts'
import { newestVersion, planVersionOf } from './planVersion.ts'
import { isFree, quantitiesFor } from './quantities.ts'
import { rowsOf } from '../rowsOf.ts'
import { proposeIn } from './adjust.ts'
import { lockLive } from './subscriptionSql.ts'
import { wholeSecond } from './subscriptionTerms.ts'

const MOST_ROWS = 5_000
const MOST_FAULTS = 200

/** What a row came to: `before` was imported at another time and is left alone. */
export type Imported = {
  line: number
  id: string
  account: string
  outcome: 'made' | 'joined' | 'before'
  /** What happens to it, in words. */
  does: string[]
}
export type ImportFault = { line: number; path: string; message: string }
export type ImportReport = { rows: Imported[]; faults: ImportFault[]; applied: boolean }

/** Carries what a dry run found out of the transaction that it undoes. */
class Undone extends Error {
  readonly report: ImportReport
  constructor(report: ImportReport) {
    super('undone')
    this.report = report
  }
}

/**
 * Imports customers with subscriptions and open balances from a file, all in one transaction or none. Each row is really
 * made, so that a dry run (`apply: false`, which undoes it) finds what an import would; with any fault nothing is kept.
 * A row whose id was imported before is left alone. @throws BAD_REQUEST for what is no file of records
 */
export const importCustomers = async (ctx: Context, input: { text: string; apply: boolean }): Promise<ImportReport> => {
  const records = rowsOf(input.text)
  if (records.length > MOST_ROWS)
    throw new DomainError('TOO_LARGE', `${MOST_ROWS} customers a file at most; part it`, { path: 'text' })
  try {
    return await ctx.sql.begin(async (tx) => {
      // One import at a time: what was imported before is told by the audit log.
      await tx`select pg_advisory_xact_lock(hashtext('billing.import'))`
      const report: ImportReport = { rows: [], faults: [], applied: false }
      const seen = new Map<string, number>()
      for (const { line, value } of records) {
        const parsed = importRow.safeParse(value)
        if (!parsed.success)
          report.faults.push(
            ...parsed.error.issues.map(({ path, message }) => ({ line, path: path.join('.'), message })),
          )
        else await importOne(tx, ctx, { line, row: parsed.data, seen }, report)
        if (report.faults.length >= MOST_FAULTS) break
      }
      if (!input.apply || report.faults.length > 0) throw new Undone(report)
      return { ...report, applied: true }
    })
  } catch (error) {
    if (error instanceof Undone) return error.report
    throw error
  }
}

const importOne = async (
  tx: Tx,
  ctx: Context,
  { line, row, seen }: { line: number; row: ImportRow; seen: Map<string, number> },
  report: ImportReport,
) => {
  const twice = seen.get(`id ${row.id}`) ?? seen.get(`account ${row.account}`)
  if (twice !== undefined) {
    report.faults.push({ line, path: 'id', message: `the same customer or account as on line ${twice}` })
    return
  }
  seen.set(`id ${row.id}`, line).set(`account ${row.account}`, line)
  try {
    report.rows.push({ line, id: row.id, account: row.account, ...(await tx.savepoint((sp) => place(sp, ctx, row))) })
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    report.faults.push({ line, path: error.path ?? '', message: error.message })
  }
}

const place = async (tx: Tx, ctx: Context, row: ImportRow): Promise<Pick<Imported, 'outcome' | 'does'>> => {
  const [before] =
    await tx`select 1 from audit_event where subject_kind = 'imported_customer' and subject_id = ${row.id}
    limit 1`
  if (before) return { outcome: 'before', does: [] }
  const does: string[] = []
  const { id: accountId, made } = await accountOf(tx, ctx, row)
  if (made) does.push('make the account')
  await ensureProfile(tx, ctx, { accountId, currency: row.currency })
  await setCurrency(tx, ctx, accountId, row.currency)
  const { name, address, contacts } = row
  const more = { country: row.country ?? null, taxId: row.tax_id ?? null, reference: row.reference ?? null }
  await editProfileIn(tx, ctx, accountId, { name, address, contacts, ...more })
  if (row.plan !== undefined) does.push(await subscribe(tx, ctx, accountId, row))
  does.push(...(await balance(tx, ctx, accountId, row)))
  await audit(tx, ctx, {
    action: 'billing.import.customer',
    subject: { kind: 'imported_customer', id: row.id },
    accountId,
    after: { ...row, does },
  })
  return { outcome: made ? 'made' : 'joined', does }
}

const accountOf = async (tx: Tx, ctx: Context, row: ImportRow): Promise<{ id: bigint; made: boolean }> => {
  const [there] = await tx<{ id: bigint }[]>`select id from account where name = ${row.account} for no key update`
  if (there) return { id: there.id, made: false }
  if (row.owner_email === undefined)
    throw new DomainError('BAD_REQUEST', `there is no account ${row.account}; say who owns it, and it is made`, {
      path: 'owner_email',
    })
  const { account: name, name: displayName, owner_email: ownerEmail } = row
  const { id } = await organizationFor(tx, ctx, { name, displayName, ownerEmail })
  return { id, made: true }
}

/** Begins the plan now; the month and what is paid in advance run on from the other system, and nothing is billed for them. */
const subscribe = async (tx: Tx, ctx: Context, accountId: bigint, row: ImportRow): Promise<string> => {
  const at = wholeSecond(ctx.now)
  const anchor = row.anchor!
  if (anchor > at) throw new DomainError('BAD_REQUEST', 'a time that was', { path: 'anchor' })
  const version = await planOf(tx, row)
  const quantities = quantitiesFor(version, row.quantities)
  const live = await lockLive(tx, accountId)
  if (live && !isFree(await planVersionOf(tx, live.planVersionId)))
    throw new DomainError('CONFLICT', `the account ${row.account} has a plan already`, { path: 'plan' })
  if (live) await closeSubscription(tx, ctx, live, at)
  const { id } = await beginSubscription(tx, ctx, { accountId, version, quantities, at, trialDays: 0 })
  const [period, paid] = [periodAt(anchor, at), paidAt(version, anchor, at)]
  await tx`update subscription set anchor_at = ${anchor}, period_start = ${period.start}, period_end = ${period.end},
      paid_from = ${paid.start}, paid_until = ${paid.end}
    where account_id = ${accountId} and id = ${id}`
  return `begin ${version.plan} now, next billed ${paid.end.toISOString().slice(0, 10)}`
}

const planOf = async (tx: Tx, row: ImportRow) => {
  try {
    return await newestVersion(tx, row.plan!, row.currency, row.interval)
  } catch (error) {
    throw error instanceof DomainError ? new DomainError(error.code, error.message, { path: 'plan' }) : error
  }
}

const balance = async (tx: Tx, ctx: Context, accountId: bigint, row: ImportRow): Promise<string[]> => {
  const { currency } = row
  const does: string[] = []
  const of = (text: string, path: string) => {
    const amountMinor = amountIn(text, currency, path)
    if (amountMinor < 0n) throw new DomainError('BAD_REQUEST', 'an amount of nothing or more', { path })
    return amountMinor
  }
  const owed = of(row.owed ?? '0', 'owed')
  if (owed > 0n) {
    await proposeIn(tx, ctx, {
      ...{ accountId, kind: 'import', currency, amountMinor: owed, key: `import:${row.id}` },
      description: 'Carried over from the earlier billing system',
      service: { start: row.anchor ?? ctx.now, end: ctx.now },
      evidence: { import: row.id },
      approved: { by: 'import', decision: 'As the imported file says' },
    })
    does.push(`bill ${row.owed} ${currency} with the next invoice`)
  }
  const credit = of(row.credit ?? '0', 'credit')
  if (credit > 0n) {
    const reason = 'Left over in the earlier billing system'
    const key = `import:${row.id}`
    await grantIn(tx, ctx, { accountId, kind: 'prepaid', currency, amountMinor: credit, reason, key, against: 'cash' })
    does.push(`give ${row.credit} ${currency} of prepaid credit`)
  }
  return does
}
