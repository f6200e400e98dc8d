import { load, server } from '../../../../server.ts'
import { Panel } from '../../../../ui/panel.tsx'
import { AccessPanels } from './access-panels.tsx'

export const metadata = { title: 'Access' }

/** Who may pull, push to and administer a repository. */
export default async function AccessPage({ params }: { params: Promise<{ account: string; repository: string }> }) {
  const { account, repository: name } = await params
  const path = `${account}/${name}`
  const api = await server()
  const [repository, access, teams] = await load(
    Promise.all([
      api.registry.repository.get({ path }),
      api.registry.repository.access({ path }),
      api.accounts.teams.list({ account }),
    ]),
  )
  return (
    <>
      <AccessPanels
        path={repository.path}
        account={account}
        mayChange={repository.permission === 'admin' && !repository.deleteAt}
        collaborators={access.collaborators}
        teams={access.teams}
        robots={access.robots}
        otherTeams={teams
          .filter((team) => !access.teams.some((given) => given.id === team.id.toString()))
          .map((team) => ({ id: team.id.toString(), name: team.name }))}
      />
      <Panel title="What a permission is">
        <p>
          <b>Read</b> pulls. <b>Write</b> pulls and pushes. <b>Admin</b> also deletes tags and changes everything on
          these pages. Owners and admins of {account} have admin on all its repositories. Everybody pulls a public one.
        </p>
      </Panel>
    </>
  )
}
