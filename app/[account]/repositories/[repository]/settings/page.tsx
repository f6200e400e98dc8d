import { load, server } from '../../../../server.ts'
import { Panel } from '../../../../ui/panel.tsx'
import { Banner } from '../../../../ui/status.tsx'
import { Time } from '../../../../ui/time.tsx'
import { DeletePanel } from './delete-panel.tsx'
import { MovePanel } from './move-panel.tsx'
import { TextPanel } from './text-panel.tsx'
import { VisibilityPanel } from './visibility-panel.tsx'

export const metadata = { title: 'Repository settings' }

/** What is said of a repository, who sees it, its name, and its end. */
export default async function RepositorySettingsPage({
  params,
}: {
  params: Promise<{ account: string; repository: string }>
}) {
  const { account, repository: name } = await params
  const path = `${account}/${name}`
  const api = await server()
  const [me, repository, move] = await load(
    Promise.all([api.accounts.me(), api.registry.repository.get({ path }), api.registry.repository.move({ path })]),
  )
  const mayChange = repository.permission === 'admin'
  const isSettled = mayChange && !repository.deleteAt && !repository.isMoving
  const targets = me.accounts.filter((one) => one.role === 'owner' || one.role === 'admin').map((one) => one.name)
  return (
    <>
      {move?.state === 'running' && (
        <Banner status="maintenance" title={`It is being renamed to ${move.toPath}.`} live>
          {move.total > 0 ? `${Math.min(move.done, move.total)} of ${move.total} images are there.` : 'It begins.'}{' '}
          Pulls go on, pushes wait.
        </Banner>
      )}
      <TextPanel
        key={`${repository.description.length}:${repository.readme.length}`}
        path={path}
        description={repository.description}
        readme={repository.readme}
        mayChange={isSettled}
      />
      <VisibilityPanel path={path} visibility={repository.visibility} mayChange={isSettled && !repository.official} />
      {isSettled && (
        <MovePanel
          account={account}
          name={name}
          targets={[...new Set([account, ...targets])]}
          official={repository.official}
        />
      )}
      {mayChange && <DeletePanel path={path} isGoing={repository.deleteAt !== null} />}
      {move?.state === 'done' && (
        <Panel title="Renamed">
          <p>
            {move.fromPath} became {move.toPath} <Time at={move.finishedAt} show="relative" />. Pulls under the old name
            are led here until another repository takes it.
          </p>
        </Panel>
      )}
    </>
  )
}
