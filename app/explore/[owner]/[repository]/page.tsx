import { MakeOfficial } from '../../make-official.tsx'
import { load, server } from '../../../server.ts'
import { DayCharts } from '../../../registry-parts/day-charts.tsx'
import { Readme } from '../../../registry-parts/readme.tsx'
import { StarButton } from '../../../registry-parts/star-button.tsx'
import { TagsPanel } from '../../../registry-parts/tags-panel.tsx'
import { RegistryBanner } from '../../../registry-parts/registry-banner.tsx'
import { RepositoryTitle } from '../../../registry-parts/repository-title.tsx'
import { Button } from '../../../ui/button.tsx'
import { CopyText } from '../../../ui/copy-text.tsx'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Qty } from '../../../ui/qty.tsx'
import { Time } from '../../../ui/time.tsx'

type Params = Promise<{ owner: string; repository: string }>

export const generateMetadata = async ({ params }: { params: Params }) => {
  const { owner, repository } = await params
  return { title: `${owner}/${repository}` }
}

/** A repository as everybody sees it; a private one for who may pull it. */
export default async function PublicRepositoryPage({
  params,
  searchParams,
}: {
  params: Params
  searchParams: Promise<{ q?: string; offset?: string }>
}) {
  const [{ owner, repository: name }, search] = await Promise.all([params, searchParams])
  const path = `${owner}/${name}`
  const api = await server()
  const text = String(search.q ?? '').slice(0, 128)
  const offset = Math.min(10_000, Math.max(0, Number.parseInt(String(search.offset ?? ''), 10) || 0))
  const [me, repository, tags, days, health] = await load(
    Promise.all([
      api.accounts.whoami(),
      api.registry.repository.get({ path }),
      api.registry.repository.tags({ path, offset, ...(text && { search: text }) }),
      api.registry.repository.days({ path }),
      api.registry.health(),
    ]),
  )
  const isCurator = me?.roles.includes('admin')
  const mayManage =
    repository.permission === 'admin' &&
    ((isCurator && repository.official) || me?.accounts.some((one) => one.name === repository.account))
  return (
    <>
      <PageHead
        title={<RepositoryTitle of={repository} />}
        sub={repository.description || 'No description.'}
        actions={
          <>
            {me?.user && <StarButton path={repository.path} starred={repository.starred} stars={repository.stars} />}
            {isCurator && !repository.official && repository.visibility === 'public' && (
              <MakeOfficial path={repository.path} name={repository.name} />
            )}
            {mayManage && (
              <Button href={`/${repository.account}/repositories/${repository.name}/settings`}>Settings</Button>
            )}
          </>
        }
      />
      <div className="stack">
        <RegistryBanner of={health} />
        <CopyText text={`docker pull ${repository.image}`} label="Copy the pull command" wrap />
        <KpiStrip
          label="The repository in figures"
          of={[
            { label: 'Pulls', figure: <Qty of="count" value={repository.pulls} /> },
            { label: 'Stars', figure: <Qty of="count" value={repository.stars} /> },
            { label: 'Tags', figure: <Qty of="count" value={repository.tags} /> },
            { label: 'Last push', figure: <Time at={repository.pushedAt} show="relative" /> },
          ]}
        />
        {repository.readme && (
          <Panel title="README">
            <Readme text={repository.readme} />
          </Panel>
        )}
        <TagsPanel
          tags={tags}
          total={repository.tags}
          search={text}
          base={`/explore/${repository.path}`}
          image={repository.image}
        />
        <DayCharts days={days} of={repository.path} nowMs={Date.now()} />
      </div>
    </>
  )
}
