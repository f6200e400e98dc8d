import { load, server } from '../../server.ts'
import { Button } from '../../ui/button.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge, Tag } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { MarkAllRead } from './mark-all-read.tsx'

export const metadata = { title: 'Notices' }

const LOOK = { info: 'operational', warning: 'degraded', critical: 'major' } as const
const WORD = { info: 'For information', warning: 'Warning', critical: 'Critical' } as const

export default async function NoticesPage({ searchParams }: { searchParams: Promise<{ cursor?: string }> }) {
  const { cursor } = await searchParams
  const { rows, unread, nextCursor } = await load(
    (await server()).notices.mine({ ...(cursor ? { cursor } : {}), limit: 50, unread: false }),
  )
  return (
    <>
      <PageHead
        title="Notices"
        sub={unread === 0 ? 'All read.' : `${unread} unread, newest first.`}
        actions={unread > 0 && <MarkAllRead />}
      />
      <Panel flush>
        {rows.length === 0 ? (
          <Empty title="No notices">Quotas that are nearly used, holds and the like are told here and by mail.</Empty>
        ) : (
          <ul aria-label="Notices">
            {rows.map((notice) => (
              <li key={notice.id.toString()} className="panel-body border-b border-hair">
                <div className="row">
                  <StatusBadge status={notice.resolvedAt ? 'unknown' : LOOK[notice.severity]}>
                    {notice.resolvedAt ? 'Over' : WORD[notice.severity]}
                  </StatusBadge>
                  <b>{notice.href ? <a href={notice.href}>{notice.title}</a> : notice.title}</b>
                  <Tag>{notice.account ?? 'operators'}</Tag>
                  {!notice.readAt && <Tag>unread</Tag>}
                  <Time at={notice.createdAt} className="dim" />
                </div>
                <p className="mt-1 whitespace-pre-line text-2">{notice.body}</p>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {nextCursor && (
        <div className="mt-4">
          <Button href={`/settings/notices?cursor=${nextCursor}`}>Older notices</Button>
        </div>
      )}
    </>
  )
}
