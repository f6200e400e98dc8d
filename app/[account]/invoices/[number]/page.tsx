import type { Metadata } from 'next'
import './invoice.css'
import { attempt, load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { Live } from '../../../shell/live.tsx'
import { Button } from '../../../ui/button.tsx'
import { absolute } from '../../../ui/when.ts'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Banner } from '../../../ui/status.tsx'
import { ErrorPanel } from '../../../ui/states.tsx'
import { one, type Search } from '../../window.ts'
import { InvoiceStanding } from '../standing.tsx'
import { dateText, daysText, filePath, invoicePath } from '../words.ts'
import { EvidencePanel } from './evidence-panel.tsx'
import { InvoiceSheet } from './invoice-sheet.tsx'
import { QuestionDialog } from './question-dialog.tsx'
import { Questions } from './questions.tsx'

export async function generateMetadata({ params }: { params: Promise<{ number: string }> }): Promise<Metadata> {
  return { title: `Invoice ${decodeURIComponent((await params).number)}` }
}

/** `host.report.epoch` of the report that is looked at. */
const reportOf = (text: string | undefined) => {
  const parts = /^(\d+)\.(\d+)\.(\d+)$/.exec(text ?? '')
  return parts ? { hostId: Number(parts[1]), seq: Number(parts[2]), epoch: Number(parts[3]) } : undefined
}

/** An invoice; beside it what proves the line that is looked at, down to the signed reports. */
export default async function InvoicePage({
  params,
  searchParams,
}: {
  params: Promise<{ account: string; number: string }>
  searchParams: Promise<Search>
}) {
  const { account, number: named } = await params
  const number = decodeURIComponent(named)
  const search = await searchParams
  const asked = Number(one(search['line']))
  const now = new Date()
  const api = await server()
  const [view, invoice, { demo }] = await Promise.all([
    load(api.accounts.view({ account })),
    load(api.billing.evidence.sheet({ account, number })),
    load(api.accounts.signInOptions()),
  ])
  const line = invoice.lines.find(({ position }) => position === asked)
  const path = invoicePath(account, number)
  const show = one(search['show'])
  const report = reportOf(one(search['report']))
  const [proof, hours, shown] = line
    ? await Promise.all([
        attempt(api.billing.evidence.line({ account, number, position: line.position })),
        show === 'hours'
          ? attempt(api.billing.evidence.hours({ account, number, position: line.position }))
          : undefined,
        report ? attempt(api.billing.evidence.report({ account, number, ...report })) : undefined,
      ])
    : []
  const paid = invoice.paidAt ? `, paid ${absolute(invoice.paidAt, now)}` : ''
  return (
    <>
      <Live topics={[`billing:${view.id}`]} />
      <CrumbName name={number} />
      <PageHead
        title={
          <span className="row">
            Invoice {number} <InvoiceStanding of={invoice.standing} as="chip" />
          </span>
        }
        sub={`${daysText(invoice.periodStart, invoice.periodEnd, now)}, issued ${absolute(invoice.finalizedAt, now)}${
          paid || (invoice.dueAt && invoice.openMinor > 0n ? `, due ${dateText(invoice.dueAt)}` : '')
        }.`}
        actions={
          <>
            <Button href={filePath(account, number, 'pdf')} icon="download">
              PDF
            </Button>
            <Button href={filePath(account, number, 'csv')} icon="download">
              CSV
            </Button>
            <Button href={filePath(account, number, 'evidence')} icon="download">
              Evidence, all lines
            </Button>
          </>
        }
      />
      {invoice.sealed && !invoice.sealed.agrees && (
        <div className="mb-4">
          <Banner status="degraded" title="Signed reports do not prove all of this invoice.">
            {demo ? 'This demo’s past is made up: no host signed it. ' : ''}Open a line to see what is missing.
          </Banner>
        </div>
      )}
      <div className={`invoice-split ${line ? '' : 'alone'}`}>
        <div className="stack">
          <InvoiceSheet invoice={invoice} path={path} selected={line?.position} search={search} now={now} />
          <Questions of={invoice.questions} lines={invoice.lines} />
        </div>
        {line && proof && (
          <aside className="proof" aria-label="Evidence">
            {proof.ok ? (
              <EvidencePanel
                proof={proof.value}
                invoice={invoice}
                path={path}
                show={show === 'days' || show === 'hours' || show === 'readings' || show === 'terms' ? show : undefined}
                hours={hours}
                report={report}
                opened={shown}
                bundle={filePath(account, number, 'evidence')}
                question={
                  <QuestionDialog
                    account={account}
                    number={number}
                    position={line.position}
                    what={line.description}
                    open={invoice.questions.find((one) => one.position === line.position && one.state === 'open')?.id}
                  />
                }
              />
            ) : (
              <Panel title="Evidence">
                <ErrorPanel title="What proves this line cannot be shown">{proof.message}</ErrorPanel>
              </Panel>
            )}
          </aside>
        )}
      </div>
    </>
  )
}
