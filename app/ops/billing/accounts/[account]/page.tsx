import type { Metadata } from 'next'
import { one, type Search, withQuery } from '../../../../[account]/window.ts'
import { load, server } from '../../../../server.ts'
import { CrumbName } from '../../../../shell/crumbs.tsx'
import { Button } from '../../../../ui/button.tsx'
import { FilterSelect } from '../../../../ui/filters.tsx'
import { KpiStrip } from '../../../../ui/kpis.tsx'
import { Money } from '../../../../ui/money.tsx'
import { PageHead, Panel } from '../../../../ui/panel.tsx'
import { Empty } from '../../../../ui/states.tsx'
import { StatusBadge } from '../../../../ui/status.tsx'
import { Table } from '../../../../ui/table.tsx'
import { Time } from '../../../../ui/time.tsx'
import { KINDS, saidOf, type LifeRow } from './words.ts'

export const metadata: Metadata = { title: 'Billing life' }

const kindsOf = (wanted: string | undefined): LifeRow['kind'][] | undefined => {
  const all = Object.keys(KINDS) as LifeRow['kind'][]
  if (wanted === 'all') return all
  const found = all.find((kind) => kind === wanted)
  return found && [found]
}

/** All that ever happened between us and an account about money, on one page. */
export default async function BillingLifePage({
  params,
  searchParams,
}: {
  params: Promise<{ account: string }>
  searchParams: Promise<Search>
}) {
  const [{ account }, search] = await Promise.all([params, searchParams])
  const kinds = kindsOf(one(search['kind']))
  const skip = /^\d{1,5}$/.test(one(search['skip']) ?? '') ? Number(one(search['skip'])) : 0
  const path = `/ops/billing/accounts/${account}`
  const life = await load(
    (await server()).billing.revenue.life({ account, skip, limit: 100, ...(kinds ? { kinds } : {}) }),
  )
  return (
    <>
      <CrumbName name={account} />
      <PageHead
        title={`Billing life of ${account}`}
        sub={life.plan ? `On ${life.plan.planName}, version ${life.plan.version}.` : 'Without a plan.'}
        actions={
          <>
            <Button href={`/ops/accounts/${account}`}>Account</Button>
            <Button href={`/ops/billing/invoices?q=${account}`}>Invoices</Button>
          </>
        }
      />
      <div className="stack">
        {life.balances.map((row) => (
          <KpiStrip
            key={row.currency}
            label={`Balances in ${row.currency}`}
            tight
            of={[
              { label: 'Owed to us', figure: <Money of={row.receivable} currency={row.currency} /> },
              { label: 'Paid', figure: <Money of={row.paid} currency={row.currency} /> },
              { label: 'Credit left', figure: <Money of={row.creditLeft} currency={row.currency} /> },
            ]}
          />
        ))}
        <Panel
          title="What happened"
          sub="newest first"
          flush
          actions={
            <FilterSelect
              name="kind"
              label="Kind"
              value={one(search['kind']) ?? ''}
              options={[
                { value: '', label: 'All but acts' },
                { value: 'all', label: 'All and acts' },
                ...Object.entries(KINDS).map(([value, label]) => ({ value, label })),
              ]}
            />
          }
          foot={
            life.nextSkip === null ? undefined : (
              <a href={withQuery(path, search, { skip: String(life.nextSkip) })}>Older</a>
            )
          }
        >
          <Table
            label={`Billing life of ${account}`}
            rows={life.rows.map((row, i) => ({ ...row, i }))}
            rowKey={(row) => String(row.i)}
            columns={[
              { head: 'When', cell: (row) => <Time at={row.at} show="absolute" /> },
              {
                head: 'What',
                phone: 'state',
                cell: (row) => (
                  <StatusBadge status={saidOf(row).status} as="small">
                    {saidOf(row).word}
                  </StatusBadge>
                ),
              },
              {
                head: 'Of',
                phone: 'title',
                prose: true,
                cell: (row) =>
                  row.invoiceId === null ? (
                    `${row.kind === 'audit' ? `${row.what}, ` : ''}${row.detail}`
                  ) : (
                    <a href={`/ops/billing/invoices/${account}/${row.invoiceId}`}>{row.detail}</a>
                  ),
              },
              { head: 'By', phone: 'hide', cell: (row) => row.by ?? <span className="dim">–</span> },
              {
                head: 'Amount',
                align: 'right',
                cell: (row) =>
                  row.amountMinor === null || row.currency === null ? (
                    <span className="dim">–</span>
                  ) : (
                    <Money of={row.amountMinor} currency={row.currency} />
                  ),
              },
            ]}
            empty={<Empty title="Nothing happened yet." />}
          />
        </Panel>
      </div>
    </>
  )
}
