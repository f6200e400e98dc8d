import { load, server } from '../../server.ts'
import { Button } from '../../ui/button.tsx'
import { FilterSelect, FilterText } from '../../ui/filters.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { Banner, StatusBadge } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { MailText } from './mail-text.tsx'

export const metadata = { title: 'Mail outbox' }

type Search = { q?: string; unsent?: string; mail?: string; cursor?: string }

export default async function OutboxPage({ searchParams }: { searchParams: Promise<Search> }) {
  const search = await searchParams
  const { q = '', unsent = '', mail, cursor } = search
  const { rows, nextCursor, smtp } = await load(
    (await server()).notices.outbox({
      limit: 50,
      unsent: unsent === 'yes',
      ...(q ? { search: q } : {}),
      ...(cursor ? { cursor } : {}),
    }),
  )
  const stateOf = (row: (typeof rows)[number]) => {
    if (row.sentAt) return <StatusBadge status="operational">Sent</StatusBadge>
    if (row.lastError) return <StatusBadge status="major">Failed {row.attempts}×, is tried again</StatusBadge>
    return <StatusBadge status="degraded">{smtp ? 'Waiting' : 'Not sent'}</StatusBadge>
  }
  return (
    <>
      <PageHead
        title="Mail outbox"
        sub="Every mail to people, newest first. Links in it let their readers in: only operators see this page."
      />
      <div className="stack">
        {!smtp && (
          <Banner status="degraded" title="No mail leaves">
            SMTP_URL is not set. Pass links on by hand from here, or set it and restart.
          </Banner>
        )}
        <div className="row">
          <FilterText label="Recipient or subject" name="q" value={q} />
          <FilterSelect
            name="unsent"
            label="State"
            value={unsent}
            options={[
              { value: '', label: 'Any state' },
              { value: 'yes', label: 'Not sent' },
            ]}
          />
        </div>
        <Panel flush>
          <Table
            label="Mails"
            rows={rows}
            rowKey={(row) => row.id}
            columns={[
              { head: 'To', phone: 'title', cell: (row) => row.recipient },
              { head: 'State', phone: 'state', cell: stateOf },
              {
                head: 'Mail',
                prose: true,
                cell: (row) => (
                  <MailText
                    subject={row.subject}
                    body={row.body}
                    error={row.lastError}
                    isOpen={mail === row.id.toString()}
                  />
                ),
              },
              { head: 'Written', sort: 'descending', cell: (row) => <Time at={row.createdAt} /> },
              {
                head: 'Sent',
                cell: (row) => (row.sentAt ? <Time at={row.sentAt} /> : <span className="dim">not yet</span>),
              },
            ]}
            empty={
              q || unsent ? (
                <Empty title="No mails match." action={<Button href="/ops/outbox">Clear filters</Button>} />
              ) : (
                <Empty title="No mails yet">Invitations, new passwords and notices by mail appear here.</Empty>
              )
            }
          />
        </Panel>
        {nextCursor && (
          <div>
            <Button href={`/ops/outbox?${new URLSearchParams({ ...search, cursor: nextCursor }).toString()}`}>
              Older mails
            </Button>
          </div>
        )}
      </div>
    </>
  )
}
