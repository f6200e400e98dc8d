import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { Live } from '../../../shell/live.tsx'
import { Button } from '../../../ui/button.tsx'
import { Facts, PageHead, Panel } from '../../../ui/panel.tsx'
import { Banner, StatusBadge } from '../../../ui/status.tsx'
import { Time } from '../../../ui/time.tsx'
import { Sections } from '../sections.tsx'
import { BucketPanel } from './bucket-panel.tsx'
import { SettingsDialog } from './settings-dialog.tsx'

export const metadata: Metadata = { title: 'Status page' }

const FILES = [
  ['Atom feed', 'history.atom'],
  ['RSS feed', 'history.rss'],
  ['JSON', 'summary.json'],
  ['Badge', 'badge.svg'],
] as const

/** The public status page: what it is called, where it is seen, and whether it shows what is. */
export default async function StatusPagePage() {
  const api = await server()
  const [page, bucket, me] = await Promise.all([
    load(api.incidents.statusPage.get()),
    load(api.incidents.statusPage.bucket()),
    load(api.accounts.me()),
  ])
  const { settings, lastError, renderedAt } = page
  const isShown = page.revision === page.renderedRevision
  return (
    <>
      <Live topics={['incidents']} />
      <PageHead
        title="Status page"
        sub="Files that need no database and no script, rendered anew after every update."
        actions={
          <>
            <Sections current="/ops/incidents/status-page" />
            <Button href="/status/" icon="external">
              Open the status page
            </Button>
          </>
        }
      />
      <div className="stack">
        {lastError && (
          <Banner status="major" title="The status page could not be rendered">
            {lastError}. It shows what it showed before, and is tried again within minutes.
          </Banner>
        )}
        <Panel
          title="Shown now"
          badge={
            <StatusBadge status={lastError ? 'major' : isShown ? 'operational' : 'unknown'}>
              {lastError ? 'Failed' : isShown ? 'Up to date' : 'Being rendered'}
            </StatusBadge>
          }
        >
          <Facts
            of={[
              ['Rendered', <Time key="at" at={renderedAt} />],
              ['Revision', `${page.renderedRevision ?? 'none'} of ${page.revision}`],
              [
                'Files',
                <span key="files" className="flex flex-wrap gap-3">
                  {FILES.map(([word, file]) => (
                    <a key={file} href={`/status/${file}`}>
                      {word}
                    </a>
                  ))}
                </span>,
              ],
            ]}
          />
        </Panel>
        <Panel
          title="Settings"
          actions={me.roles.includes('admin') ? <SettingsDialog settings={settings} /> : undefined}
        >
          <Facts
            of={[
              ['Name', settings.name || <span className="dim">not said</span>],
              ['Logo', settings.logoUrl || <span className="dim">none</span>],
              ['Seen at', page.url],
            ]}
          />
        </Panel>
        <BucketPanel
          isAdmin={me.roles.includes('admin')}
          bucket={bucket && { ...bucket, isCurrent: bucket.revision === page.revision }}
        />
      </div>
    </>
  )
}
