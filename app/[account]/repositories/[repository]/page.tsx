import { load, server } from '../../../server.ts'
import { DayCharts } from '../../../registry-parts/day-charts.tsx'
import { Readme } from '../../../registry-parts/readme.tsx'
import { TagsPanel } from '../../../registry-parts/tags-panel.tsx'
import { CopyText } from '../../../ui/copy-text.tsx'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { Qty } from '../../../ui/qty.tsx'
import { Time } from '../../../ui/time.tsx'

type Params = Promise<{ account: string; repository: string }>

export const generateMetadata = async ({ params }: { params: Params }) => ({ title: (await params).repository })

/** A repository's tags, README, pulls and storage. */
export default async function RepositoryPage({
  params,
  searchParams,
}: {
  params: Params
  searchParams: Promise<{ q?: string; offset?: string }>
}) {
  const [{ account, repository: name }, search] = await Promise.all([params, searchParams])
  const path = `${account}/${name}`
  const text = String(search.q ?? '').slice(0, 128)
  const offset = Math.min(10_000, Math.max(0, Number.parseInt(String(search.offset ?? ''), 10) || 0))
  const api = await server()
  const [repository, tags, days] = await load(
    Promise.all([
      api.registry.repository.get({ path }),
      api.registry.repository.tags({ path, offset, ...(text && { search: text }) }),
      api.registry.repository.days({ path }),
    ]),
  )
  return (
    <>
      <CopyText text={`docker pull ${repository.image}`} label="Copy the pull command" wrap />
      <KpiStrip
        label="The repository in figures"
        of={[
          { label: 'Storage', figure: <Qty of="bytes" value={repository.sizeBytes} />, note: 'each layer once' },
          {
            label: 'Pulls',
            figure: <Qty of="count" value={repository.pulls} />,
            note: repository.pulledAt ? (
              <>
                last <Time at={repository.pulledAt} show="relative" />
              </>
            ) : (
              'never'
            ),
          },
          { label: 'Stars', figure: <Qty of="count" value={repository.stars} /> },
          { label: 'Last push', figure: <Time at={repository.pushedAt} show="relative" /> },
        ]}
      />
      <TagsPanel
        tags={tags}
        total={repository.tags}
        search={text}
        base={`/${account}/repositories/${name}`}
        image={repository.image}
      />
      <DayCharts days={days} of={repository.path} nowMs={Date.now()} />
      {repository.readme && (
        <Panel title="README">
          <Readme text={repository.readme} />
        </Panel>
      )}
    </>
  )
}
