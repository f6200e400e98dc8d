import { load, server } from '../../../server.ts'
import { StarButton } from '../../../registry-parts/star-button.tsx'
import { RegistryBanner } from '../../../registry-parts/registry-banner.tsx'
import { RepositoryTitle } from '../../../registry-parts/repository-title.tsx'
import { Live } from '../../../shell/live.tsx'
import { Button } from '../../../ui/button.tsx'
import { PageHead } from '../../../ui/panel.tsx'
import { Banner } from '../../../ui/status.tsx'
import { Tabs } from '../../../ui/tabs.tsx'
import { Time } from '../../../ui/time.tsx'

/** The head that all pages of one repository share. */
export default async function RepositoryLayout({
  children,
  params,
}: {
  children: React.ReactNode
  params: Promise<{ account: string; repository: string }>
}) {
  const { account, repository: name } = await params
  const api = await server()
  const [me, repository, health] = await load(
    Promise.all([
      api.accounts.me(),
      api.registry.repository.get({ path: `${account}/${name}` }),
      api.registry.health(),
    ]),
  )
  const base = `/${account}/repositories/${name}`
  const seesAccess = repository.permission === 'admin' || me.roles.length > 0
  return (
    <>
      <Live topics={[`account:${repository.accountId}`]} />
      <PageHead
        title={<RepositoryTitle of={repository} />}
        sub={repository.description || 'No description.'}
        actions={
          <>
            <Button href={`/${account}/repositories`}>All repositories</Button>
            {repository.visibility === 'public' && !repository.deleteAt && (
              <Button href={`/explore/${repository.path}`}>As others see it</Button>
            )}
            {me.user && <StarButton path={repository.path} starred={repository.starred} stars={repository.stars} />}
          </>
        }
      />
      <div className="stack">
        <RegistryBanner of={health} />
        {repository.deleteAt && (
          <Banner status="degraded" title="It is being deleted.">
            Its tags go <Time at={repository.deleteAt} show="both" />. Until then its admins can keep it under Settings.
          </Banner>
        )}
        <Tabs
          label={`Pages of ${repository.path}`}
          items={[
            { label: 'Tags', href: base, count: repository.tags },
            ...(seesAccess
              ? [
                  { label: 'Access', href: `${base}/access` },
                  { label: 'Webhooks', href: `${base}/webhooks` },
                  { label: 'Settings', href: `${base}/settings` },
                ]
              : []),
          ]}
        />
        {children}
      </div>
    </>
  )
}
