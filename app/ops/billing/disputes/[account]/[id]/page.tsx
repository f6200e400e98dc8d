import type { Metadata } from 'next'
import type { Caller } from '#server/router.ts'
import { load, server } from '../../../../../server.ts'
import { CrumbName } from '../../../../../shell/crumbs.tsx'
import { amountText, moneyText, thousands } from '../../../../../ui/format.ts'
import { Facts, PageHead, Panel } from '../../../../../ui/panel.tsx'
import { Empty } from '../../../../../ui/states.tsx'
import { Banner, StatusBadge } from '../../../../../ui/status.tsx'
import { Table, type Column } from '../../../../../ui/table.tsx'
import { Time } from '../../../../../ui/time.tsx'
import { billedText, meterOf } from '../../../../../[account]/invoices/words.ts'
import { Answer } from './answer.tsx'
import { ReplayForm, type Correctable } from './replay-form.tsx'

export const metadata: Metadata = { title: 'Dispute' }

type Dispute = Awaited<ReturnType<Caller['billing']['evidence']['disputes']['get']>>
type Replay = NonNullable<Dispute['replay']>
/** Kept as JSON: amounts are decimal strings of minor units. */
type KeptLine = { [K in keyof Replay['difference']['lines'][number]]: string | number | null }

const minor = (value: unknown) => BigInt(String(value ?? 0))

const correctable = (dispute: Dispute): Correctable[] =>
  dispute.lines.flatMap((line) => {
    const meter = meterOf(line.meter)
    const [window] = line.windows
    if (line.kind !== 'usage' || !meter || !window || line.windows.length > 1) return []
    return [
      {
        position: line.position,
        description: line.description,
        app: line.app,
        meter,
        fromHour: window.fromHour,
        quantity: String(line.quantity ?? 0n),
        price: line.price,
        unitAmount: line.unitAmount,
      },
    ]
  })

/** A question about an invoice: recompute it with a corrected input beside the original, then correct or answer. */
export default async function DisputePage({ params }: { params: Promise<{ account: string; id: string }> }) {
  const { account, id } = await params
  const api = await server()
  const dispute = await load(api.billing.evidence.disputes.get({ accountName: account, id }))
  const isOpen = dispute.state === 'open'
  const name = `Q-${dispute.id}`
  return (
    <>
      <CrumbName name={name} />
      <PageHead
        title={
          <span className="row">
            {name}{' '}
            <StatusBadge
              status={isOpen ? 'degraded' : dispute.state === 'upheld' ? 'operational' : 'unknown'}
              as="chip"
            >
              {isOpen ? 'Open' : dispute.state === 'upheld' ? 'Corrected' : 'Answered'}
            </StatusBadge>
          </span>
        }
        sub={
          <>
            {dispute.account} about invoice {dispute.number}, asked <Time at={dispute.openedAt} /> by {dispute.openedBy}
          </>
        }
      />
      <div className="stack">
        {!dispute.replays && (
          <Banner status="major" title="This invoice does not replay to its own digest.">
            Its stored inputs or lines were changed. Find out how before answering.
          </Banner>
        )}
        <Panel title="Question">
          <p className="m-0 mb-3 whitespace-pre-line">{dispute.question}</p>
          <Facts
            of={[
              [
                'About',
                <a
                  key="about"
                  href={`/${dispute.account}/invoices/${encodeURIComponent(dispute.number)}${dispute.position === null ? '' : `?line=${dispute.position}`}`}
                >
                  {dispute.line ?? 'the whole invoice'}
                </a>,
              ],
              ['Amount', moneyText(dispute.lineMinor ?? dispute.totalMinor, dispute.currency)],
              ['Replay of the stored inputs', dispute.replays ? 'gives the same bytes' : 'differs'],
              ...(dispute.answer ? [['Answer', dispute.answer] as const] : []),
            ]}
          />
        </Panel>
        {isOpen && (
          <Panel title="Replay with a correction" sub="Nothing changes but this record; the invoice never does.">
            <ReplayForm
              accountId={String(dispute.accountId)}
              id={String(dispute.id)}
              about={dispute.position}
              lines={correctable(dispute)}
            />
          </Panel>
        )}
        <Difference dispute={dispute} />
        {isOpen && (
          <Panel title="Answer">
            <Answer
              accountId={String(dispute.accountId)}
              id={String(dispute.id)}
              off={dispute.replay ? String(dispute.replay.difference.subtotalMinor) : '0'}
              currency={dispute.currency}
              open={String(dispute.openMinor)}
              paid={String(dispute.paidMinor)}
            />
          </Panel>
        )}
      </div>
    </>
  )
}

function Difference({ dispute }: { dispute: Dispute }) {
  const { replay, currency } = dispute
  if (!replay)
    return (
      <Panel title="Original and replay">
        <Empty title="Not replayed yet.">
          Correct a quantity or a price above: every line is shown beside the original.
        </Empty>
      </Panel>
    )
  const isSame = (line: KeptLine) => minor(line.afterMinor) === minor(line.beforeMinor)
  // What changed comes first: the rest is there to see that it stays.
  const lines = (replay.difference.lines as unknown as KeptLine[]).toSorted(
    (a, b) => Number(isSame(a)) - Number(isSame(b)),
  )
  const quantityText = (line: KeptLine, value: string | number | null) => {
    if (value === null) return '–'
    const meter = meterOf(dispute.lines.find(({ position }) => position === line.position)?.meter ?? null)
    return meter ? billedText(meter, minor(value)) : thousands(minor(value))
  }
  const columns: Column<KeptLine>[] = [
    { head: 'Line', phone: 'title', prose: true, cell: (line) => String(line.description), foot: 'Before tax' },
    { head: 'Quantity', align: 'right', cell: (line) => quantityText(line, line.quantityBefore) },
    { head: 'Corrected', align: 'right', cell: (line) => quantityText(line, line.quantityAfter) },
    {
      head: 'Unit price',
      align: 'right',
      phone: 'hide',
      cell: (line) =>
        line.unitAmountBefore === line.unitAmountAfter
          ? (line.unitAmountBefore ?? '')
          : `${line.unitAmountBefore ?? '–'} → ${line.unitAmountAfter ?? '–'}`,
    },
    {
      head: `Original, ${currency}`,
      align: 'right',
      cell: (line) => <span className="num">{amountText(minor(line.beforeMinor), currency)}</span>,
      foot: amountText(
        lines.reduce((sum, line) => sum + minor(line.beforeMinor), 0n),
        currency,
      ),
    },
    {
      head: `Replay, ${currency}`,
      align: 'right',
      cell: (line) => <span className="num">{amountText(minor(line.afterMinor), currency)}</span>,
      foot: amountText(
        lines.reduce((sum, line) => sum + minor(line.afterMinor), 0n),
        currency,
      ),
    },
    {
      head: 'Difference',
      align: 'right',
      phone: 'state',
      cell: (line) => {
        const by = minor(line.afterMinor) - minor(line.beforeMinor)
        return by === 0n ? <span className="dim">same</span> : <b className="num">{amountText(by, currency)}</b>
      },
      foot: <b>{amountText(minor(replay.difference.subtotalMinor), currency)}</b>,
    },
  ]
  return (
    <Panel
      title="Original and replay"
      sub={
        <>
          {replay.why}, by {replay.by} <Time at={replay.at} />
        </>
      }
      flush
    >
      <Table
        label="Original and replay"
        columns={columns}
        rows={lines}
        rowKey={(line) => `${line.position}:${line.description}`}
      />
      <div className="panel-foot">
        <span>
          Total with discount and tax: {moneyText(minor(replay.difference.totalBeforeMinor), currency)} becomes{' '}
          {moneyText(minor(replay.difference.totalAfterMinor), currency)}
        </span>
      </div>
    </Panel>
  )
}
