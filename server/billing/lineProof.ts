import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { exact, exactText, exponentOf, over, parseText } from '../money.ts'
import { DAY_MS, MINUTE_MS } from '../time.ts'
import { reportsNamed } from '../usage/evidence.ts'
import { billable, reportKeyOf, type LifeEvidence, type WindowEvidence } from './evidence.ts'
import { evidenceRow, inputBody, invoiceOf, pinsOf, type ProvenInvoice } from './evidenceSql.ts'
import { linesOf, type LineRow } from './sql.ts'
import { unpackInputs, type InvoiceInputs } from './invoiceInputs.ts'
import { unpackEvidence } from './pinEvidence.ts'
import { openReport } from './placeRows.ts'
import { versionRow, type VersionRow } from './planVersion.ts'
import { exactQuantity } from './quantityText.ts'
import { dayUse, type Hours } from './spendSql.ts'
import { BILLABLE, type BillableMeter, type Price } from './terms.ts'

/** Lives that are shown of a line, the greatest first; the bundle has all. */
const MOST_LIVES = 50

/** A reading as a person looks at it: when, how much in all by then, and in which reports it stands. */
export type ShownReading = { minute: number; at: Date; total: bigint | null; seqs: number[] }
export type ShownLife = {
  hostId: number
  host: string
  epoch: number
  kind: LifeEvidence['identity']['kind']
  containerId: string | null
  name: string
  openedAt: Date
  closed: boolean
  used: bigint
  readings: ShownReading[]
}
export type LineProof = {
  line: LineRow
  unit: string | null
  /** The quantity in the price's unit, exactly. */
  quantity: string | null
  /** What it comes to before the one rounding, in major units: a decimal or a fraction. */
  exactAmount: string
  windows: Hours[]
  /** What the days come to as they are known now; late reports may have changed them since. */
  days: { at: Date; used: bigint }[]
  hours: number
  usedNow: bigint
  lives: ShownLife[]
  livesInAll: number
  reports: number
  hosts: number
  /** Null until it is sealed. */
  sealed: { at: Date; agrees: boolean; apart: string[] } | null
  price: { version: VersionRow; price: Price | null } | null
}

/** An invoice that was finalized, with a line of it. @throws NOT_FOUND */
export const lineOf = async (
  sql: Sql,
  account: { id: bigint; name: string },
  number: string,
  position: number,
): Promise<{ invoice: ProvenInvoice; line: LineRow; inputs: InvoiceInputs | null }> => {
  const invoice = await invoiceOf(sql, account.id, { number })
  if (!invoice) throw new DomainError('NOT_FOUND', `no invoice ${number} in ${account.name}`)
  const [lines, body] = await Promise.all([
    linesOf(sql, account.id, invoice.id),
    inputBody(sql, account.id, invoice.id),
  ])
  const line = lines.find((one) => one.position === position)
  if (!line) throw new DomainError('NOT_FOUND', `invoice ${number} has no line ${position}`)
  return { invoice, line, inputs: body ? unpackInputs(body) : null }
}

/** The hours that a usage line bills; none of other lines. */
export const windowsOf = (
  line: Pick<LineRow, 'kind' | 'serviceStart' | 'serviceEnd'>,
  inputs: InvoiceInputs,
): Hours[] => {
  if (line.kind !== 'usage' && line.kind !== 'late') return []
  const stretches = line.kind === 'late' ? inputs.late.map(({ stretch }) => stretch) : (inputs.usage?.stretches ?? [])
  return stretches
    .filter(({ start, end }) => start >= line.serviceStart && end <= line.serviceEnd)
    .filter(({ fromHour, untilHour }) => fromHour < untilHour)
    .map(({ fromHour, untilHour }) => ({ fromHour, untilHour }))
}

const daysOf = async (
  sql: Sql,
  accountId: bigint,
  windows: readonly Hours[],
  app: string | null,
  meter: BillableMeter,
) => {
  const days = new Map<number, bigint>()
  for (const window of windows)
    for (const { key, part, used } of await dayUse(sql, accountId, window, app === null ? [] : [app]))
      if (app === null || key === app) days.set(part, (days.get(part) ?? 0n) + used[meter])
  return [...days].toSorted(([a], [b]) => a - b).map(([day, used]) => ({ at: new Date(day * DAY_MS), used }))
}

/** The totals that readings say, of one meter, by host, epoch and minute; from the pinned reports that are still kept. */
const totalsOf = async (
  sql: Sql,
  accountId: bigint,
  invoiceId: bigint,
  lives: readonly LifeEvidence[],
  meter: BillableMeter,
) => {
  const wanted = new Set(
    lives.flatMap(({ hostId, readings }) =>
      readings.flatMap(({ rows }) => rows.map(({ seq }) => reportKeyOf({ hostId, seq }))),
    ),
  )
  const pins = (await pinsOf(sql, accountId, invoiceId)).filter((pin) => wanted.has(reportKeyOf(pin)))
  const kept = new Map((await reportsNamed(sql, pins)).map((one) => [reportKeyOf(one), openReport(one.body)]))
  return (life: LifeEvidence, reading: LifeEvidence['readings'][number]): bigint | null => {
    const cells = reading.rows.map(
      ({ seq, block, row }) => kept.get(reportKeyOf({ hostId: life.hostId, seq }))?.minutes[block]?.rows[row],
    )
    const said = cells.map((row) => (row ? billable(row.slice(1).map(BigInt))[meter] : null))
    return said.reduce((most, one) => (one === null || (most !== null && most >= one) ? most : one), null)
  }
}

const shownLives = async (sql: Sql, invoice: ProvenInvoice, own: readonly LifeEvidence[], meter: BillableMeter) => {
  const usedOf = (life: LifeEvidence) => billable(life.used)[meter]
  const shown = own
    .filter((life) => usedOf(life) > 0n)
    .toSorted((a, b) => (usedOf(b) > usedOf(a) ? 1 : usedOf(b) < usedOf(a) ? -1 : a.epoch - b.epoch))
  const totals = await totalsOf(sql, invoice.accountId, invoice.id, shown.slice(0, MOST_LIVES), meter)
  const lives = shown.slice(0, MOST_LIVES).map((life): ShownLife => ({
    hostId: life.hostId,
    host: life.host,
    epoch: life.epoch,
    kind: life.identity.kind,
    containerId: life.containerId,
    name: life.name,
    openedAt: new Date(life.openedMs),
    closed: life.closed ?? false,
    used: usedOf(life),
    readings: life.readings.map((reading) => ({
      minute: reading.minute,
      at: new Date((reading.minute + 1) * MINUTE_MS),
      total: totals(life, reading),
      seqs: [...new Set(reading.rows.map(({ seq }) => seq))],
    })),
  }))
  return { lives, livesInAll: shown.length, shown }
}

const sameHours = (a: Hours, b: Hours) => a.fromHour === b.fromHour && a.untilHour === b.untilHour

/** Everything behind one line of an invoice: its days, the lives that used it, their signed readings, the price. */
export const lineProof = async (
  sql: Sql,
  account: { id: bigint; name: string },
  number: string,
  position: number,
): Promise<LineProof> => {
  const { invoice, line, inputs } = await lineOf(sql, account, number, position)
  const windows = inputs ? windowsOf(line, inputs) : []
  const meter = windows.length > 0 ? (line.meter as BillableMeter | null) : null
  const [evidence, version, days] = await Promise.all([
    evidenceRow(sql, account.id, invoice.id),
    line.planVersionId === null ? null : versionRow(sql, line.planVersionId),
    meter ? daysOf(sql, account.id, windows, line.app, meter) : [],
  ])
  const proven: WindowEvidence[] = evidence ? unpackEvidence(evidence.body) : []
  const own = proven
    .filter((window) => windows.some((hours) => sameHours(hours, window)))
    .flatMap(({ lives }) => lives.filter((life) => line.app === null || life.app === line.app))
  const { lives, livesInAll, shown } = meter
    ? await shownLives(sql, invoice, own, meter)
    : { lives: [], livesInAll: 0, shown: [] }
  const reports = new Set(
    shown.flatMap(({ hostId, readings }) => readings.flatMap(({ rows }) => rows.map(({ seq }) => `${hostId}:${seq}`))),
  )
  return {
    line,
    unit: meter ? BILLABLE[meter].unit : null,
    quantity: meter && line.quantity !== null ? exactQuantity(meter, line.quantity) : null,
    exactAmount: exactText(over(parseText(line.exact), exact(10n ** BigInt(exponentOf(invoice.currency))))),
    windows,
    days,
    hours: windows.reduce((sum, { fromHour, untilHour }) => sum + untilHour - fromHour, 0),
    usedNow: days.reduce((sum, { used }) => sum + used, 0n),
    lives,
    livesInAll,
    reports: reports.size,
    hosts: new Set(shown.map(({ hostId }) => hostId)).size,
    sealed: evidence ? { at: evidence.sealedAt, agrees: evidence.agrees, apart: evidence.apart } : null,
    price: version ? { version, price: version.terms.prices.find((one) => one.key === line.price) ?? null } : null,
  }
}

/** The hours of a line as they are known now, that used something. */
export const lineHours = async (
  sql: Sql,
  account: { id: bigint; name: string },
  number: string,
  position: number,
): Promise<{ at: Date; used: bigint }[]> => {
  const { line, inputs } = await lineOf(sql, account, number, position)
  const windows = inputs ? windowsOf(line, inputs) : []
  const sums = {
    cpu: 'cpu_us',
    memory: 'memory_mib_s',
    disk: 'disk_mib_s + volumes_mib_s + logs_mib_s',
    egress: 'tx_bytes',
  }
  if (windows.length === 0 || line.meter === null) return []
  return await sql<{ at: Date; used: bigint }[]>`
    select to_timestamp(h.hour * 3600.0) as at, sum(${sql.unsafe(sums[line.meter as BillableMeter])})::bigint as used
    from unnest(${windows.map((w) => w.fromHour)}::int[], ${windows.map((w) => w.untilHour)}::int[]) as w (f, u)
    join account_hour h on h.account_id = ${account.id} and h.hour >= w.f and h.hour < w.u
    where ${line.app === null ? sql`true` : sql`h.app = ${line.app}`} group by h.hour
    having sum(${sql.unsafe(sums[line.meter as BillableMeter])}) > 0 order by h.hour`
}
