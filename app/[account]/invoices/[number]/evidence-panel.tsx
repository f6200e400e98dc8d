import type { Caller } from '#server/router.ts'
import { priceText, unitText } from '../../../billing-parts/price-words.ts'
import { Button, buttonClass } from '../../../ui/button.tsx'
import { CopyButton } from './copy-button.tsx'
import { moneyText, signOf, thousands } from '../../../ui/format.ts'
import { Panel } from '../../../ui/panel.tsx'
import { ErrorPanel } from '../../../ui/states.tsx'
import { StatusBadge } from '../../../ui/status.tsx'
import { Icon } from '../../../ui/symbol.tsx'
import { absolute, clock, day } from '../../../ui/when.ts'
import { billed, billedText, dateText, meterOf, type MeterName } from '../words.ts'
import { DayBars } from './day-bars.tsx'
import type { Invoice } from './invoice-sheet.tsx'
import { ReportView, type ReportProof } from './report-view.tsx'

export type LineProof = Awaited<ReturnType<Caller['billing']['evidence']['line']>>
type Attempted<T> = { ok: true; value: T } | { ok: false; code: string; message: string }
export type Shown = 'days' | 'hours' | 'readings' | 'terms'

/** What proves a line: its arithmetic, days, hours, the signed readings around its edges, the price. */
export function EvidencePanel({
  proof,
  invoice,
  path,
  show,
  hours,
  report,
  opened,
  bundle,
  question,
}: {
  proof: LineProof
  invoice: Invoice
  path: string
  show: Shown | undefined
  hours: Attempted<{ at: Date; used: bigint }[]> | undefined
  report: { hostId: number; seq: number; epoch: number } | undefined
  opened: Attempted<ReportProof> | undefined
  bundle: string
  question: React.ReactNode
}) {
  const { line, sealed } = proof
  const meter = meterOf(line.meter)
  const at = `${path}?line=${line.position}`
  const isMetered = meter !== null && proof.windows.length > 0
  return (
    <Panel
      title="Evidence"
      sub={line.description}
      actions={
        <a href={path} className={buttonClass({ size: 'sm', variant: 'ghost' }, 'only')} aria-label="Close evidence">
          <Icon name="x" />
        </a>
      }
    >
      <div className="proof-figure">
        <span className="num">{moneyText(line.amountMinor, invoice.currency)}</span>
        {isMetered && <Verdict sealed={sealed} reports={proof.reports} />}
      </div>
      <ol className="proof-chain">
        <Step n={1} word="Invoice line" figure={moneyText(line.amountMinor, invoice.currency)}>
          <p>{arithmetic(proof, invoice.currency)}</p>
        </Step>
        {isMetered && <UsageSteps {...{ proof, meter, at, show, hours, report, opened, number: invoice.number }} />}
        {proof.price && <PriceStep {...{ proof, at, show }} n={isMetered ? 5 : 2} currency={invoice.currency} />}
      </ol>
      <dl className="proof-seal">
        {sealed && (
          <div>
            <dt>Sealed</dt>
            <dd>{absolute(sealed.at, 0, true)}</dd>
          </div>
        )}
        <div>
          <dt>SHA-256 of the invoice</dt>
          <dd>
            <span className="mono">{short(invoice.digest ?? '')}</span>{' '}
            <CopyButton text={invoice.digest ?? ''} label="Copy the whole digest" />
          </dd>
        </div>
      </dl>
      <div className="row">
        <Button href={bundle} icon="download" className="grow">
          Bundle
        </Button>
        {question}
      </div>
    </Panel>
  )
}

const short = (digest: string) => `${digest.slice(0, 8)} … ${digest.slice(-8)}`

function Verdict({ sealed, reports }: { sealed: LineProof['sealed']; reports: number }) {
  if (!sealed)
    return (
      <StatusBadge status="degraded" as="chip">
        Being sealed
      </StatusBadge>
    )
  if (!sealed.agrees && reports === 0)
    return (
      <StatusBadge status="degraded" as="chip">
        No signed reports
      </StatusBadge>
    )
  return sealed.agrees ? (
    <StatusBadge status="operational" as="chip">
      Reconciles
    </StatusBadge>
  ) : (
    <StatusBadge status="major" as="chip">
      Does not reconcile
    </StatusBadge>
  )
}

function Step({
  n,
  word,
  figure,
  children,
}: {
  n: number
  word: React.ReactNode
  figure: React.ReactNode
  children?: React.ReactNode
}) {
  return (
    <li>
      <span className="proof-step" aria-hidden="true">
        {n}
      </span>
      <div>
        <div className="proof-head">
          <b>{word}</b>
          <span className="num">{figure}</span>
        </div>
        {children}
      </div>
    </li>
  )
}

/** How the amount comes about, in a sentence. */
const arithmetic = (proof: LineProof, currency: string): string => {
  const { line, quantity, unit } = proof
  const comes = `${signOf(currency)}${shortened(proof.exactAmount)}, rounded half to even`
  const detail = line.detail as { seconds?: string | number; ofSeconds?: string | number; tiers?: unknown[] }
  if (quantity !== null && line.unitAmount !== null)
    return `${shortened(quantity)} ${unit} × ${unitText(line.unitAmount, currency)} = ${comes}`
  if (quantity !== null)
    return `${shortened(quantity)} ${unit}, ${detail.tiers ? 'tier by tier' : 'by its price'} = ${comes}`
  if (line.unitAmount === null || line.quantity === null) return 'A fixed amount.'
  const pieces = `${thousands(line.quantity)} × ${unitText(line.unitAmount, currency)}`
  if (detail.seconds === undefined) return pieces
  return `${pieces} × ${thousands(BigInt(detail.seconds))} of ${thousands(BigInt(detail.ofSeconds ?? 1))} seconds = ${comes}`
}

const PLACES = 6
/** A decimal or fraction, cut to six places. */
const shortened = (number: string): string => {
  const [top = '0', bottom] = number.split('/')
  if (bottom === undefined) {
    const [whole = '0', fraction = ''] = top.split('.')
    return `${thousands(BigInt(whole))}${fraction ? `.${fraction.slice(0, PLACES)}` : ''}`
  }
  const scale = 10n ** BigInt(PLACES)
  const scaled = (BigInt(top) * scale) / BigInt(bottom)
  return `${thousands(scaled / scale)}.${(scaled % scale).toString().replace('-', '').padStart(PLACES, '0')}…`
}

function UsageSteps({
  proof,
  meter,
  at,
  show,
  hours,
  report,
  opened,
  number,
}: {
  proof: LineProof
  meter: MeterName
  at: string
  show: Shown | undefined
  hours: Attempted<{ at: Date; used: bigint }[]> | undefined
  report: { hostId: number; seq: number; epoch: number } | undefined
  opened: Attempted<ReportProof> | undefined
  number: string
}) {
  const billedNow = proof.line.quantity ?? 0n
  const toggled = (what: Shown) => (show === what ? at : `${at}&show=${what}`)
  const link = (what: Shown, words: string) => (
    <a href={toggled(what)} aria-expanded={show === what}>
      {show === what ? 'Close' : words}
    </a>
  )
  const shown = proof.lives.length
  return (
    <>
      <Step
        n={2}
        word={`${proof.days.length} daily ${proof.days.length === 1 ? 'total' : 'totals'}`}
        figure={billedText(meter, proof.usedNow)}
      >
        <p>
          {link('days', 'Table')}
          {proof.usedNow !== billedNow && proof.line.kind === 'usage' && (
            <> Late reports changed this since; the difference is on a later invoice.</>
          )}
        </p>
        {show === 'days' ? (
          <Rows
            label="Daily totals"
            heads={['Day, UTC', billed(meter, 0n).unit]}
            rows={proof.days.map(({ at: from, used }) => [dateText(from), billed(meter, used).value])}
          />
        ) : (
          <DayBars meter={meter} days={proof.days} />
        )}
      </Step>
      <Step n={3} word={`${thousands(proof.hours)} hourly totals`} figure={billedText(meter, proof.usedNow)}>
        <p>{link('hours', 'Table')}</p>
        {show === 'hours' &&
          hours &&
          (hours.ok ? (
            <Rows
              label="Hourly totals"
              heads={['Hour, UTC', billed(meter, 0n).unit]}
              rows={hours.value.map(({ at: from, used }) => [
                `${day(from, 0)}, ${clock(from)}`,
                billed(meter, used).value,
              ])}
            />
          ) : (
            <ErrorPanel title="The hours cannot be shown">{hours.message}</ErrorPanel>
          ))}
      </Step>
      <Step
        n={4}
        word={`${thousands(proof.livesInAll)} ${proof.livesInAll === 1 ? 'life' : 'lives'} of containers and storage`}
        figure={`${thousands(proof.reports)} signed ${proof.reports === 1 ? 'report' : 'reports'}`}
      >
        <p>
          {proof.reports === 0 ? (
            'No host signed readings of this window, so that nothing proves it: a demo’s past is made up.'
          ) : (
            <>
              What each used is the difference of its totals at the window’s edges, as {proof.hosts}{' '}
              {proof.hosts === 1 ? 'host' : 'hosts'} signed them. {proof.livesInAll > 0 && link('readings', 'Readings')}
              {proof.sealed && !proof.sealed.agrees && <> {proof.sealed.apart.slice(0, 3).join('; ')}</>}
            </>
          )}
        </p>
        {(show === 'readings' || report) && proof.livesInAll > 0 && (
          <>
            {shown < proof.livesInAll && (
              <p>
                {shown} of {proof.livesInAll}, most used first; the bundle has all.
              </p>
            )}
            <Lives {...{ proof, meter, at, report }} />
          </>
        )}
        {report &&
          opened &&
          (opened.ok ? (
            <ReportView of={opened.value} number={number} />
          ) : (
            <ErrorPanel title="This report cannot be shown">{opened.message}</ErrorPanel>
          ))}
      </Step>
    </>
  )
}

function Rows({
  label,
  heads,
  rows,
}: {
  label: string
  heads: readonly string[]
  rows: readonly (readonly React.ReactNode[])[]
}) {
  return (
    <div className="proof-scroll" role="group" aria-label={label} tabIndex={0}>
      <table className="proof-rows">
        <thead>
          <tr>
            {heads.map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            // oxlint-disable-next-line react/no-array-index-key -- rows have no other name and never move
            <tr key={i}>
              {row.map((cell, c) => (
                // oxlint-disable-next-line react/no-array-index-key -- as above
                <td key={c}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const KINDS = { container: 'container', layer: 'writable layer', volume: 'volume', log: 'log' } as const

function Lives({
  proof,
  meter,
  at,
  report,
}: {
  proof: LineProof
  meter: MeterName
  at: string
  report: { hostId: number; seq: number; epoch: number } | undefined
}) {
  const rows = proof.lives.flatMap((life) => [
    [
      <b key="name" className="font-semibold">
        {life.name}
        <span className="dim font-normal!">
          {' '}
          {KINDS[life.kind]} on {life.host}
          {life.closed && ', within what its readings bound'}
        </span>
      </b>,
      <b key="used" className="font-semibold">
        {billedText(meter, life.used)}
      </b>,
    ],
    ...life.readings.map((reading) => [
      <span key="at" className="pl-3">
        by {day(reading.at, 0)}, {clock(reading.at)} UTC,{' '}
        {reading.seqs.map((seq) => {
          const isShown = report?.seq === seq && report.hostId === life.hostId && report.epoch === life.epoch
          return (
            <a
              key={seq}
              href={`${at}&show=readings${isShown ? '' : `&report=${life.hostId}.${seq}.${life.epoch}`}`}
              aria-expanded={isShown}
            >
              report {seq}
            </a>
          )
        })}
      </span>,
      reading.total === null ? 'past retention' : billedText(meter, reading.total),
    ]),
  ])
  return <Rows label="Signed readings" heads={['Life and readings', 'Used, total by then']} rows={rows} />
}

function PriceStep({
  proof,
  n,
  at,
  show,
  currency,
}: {
  proof: LineProof
  n: number
  at: string
  show: Shown | undefined
  currency: string
}) {
  const { version, price } = proof.price!
  const isOpen = show === 'terms'
  return (
    <Step n={n} word="Price" figure={price ? priceText(price, version) : '–'}>
      <p>
        {version.planName} version {version.version} in {currency}
        {version.publishedAt && <>, published {dateText(version.publishedAt)}</>}{' '}
        <a href={isOpen ? at : `${at}&show=terms`} aria-expanded={isOpen}>
          {isOpen ? 'Close' : 'Terms'}
        </a>
      </p>
      {isOpen && (
        <pre className="proof-raw" tabIndex={0} aria-label="Terms">
          {JSON.stringify(version.terms, null, 2)}
        </pre>
      )}
    </Step>
  )
}
