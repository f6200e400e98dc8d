import { load, server } from '../../server.ts'
import { TokensPanel } from '../../account-parts/tokens-panel.tsx'
import { CopyText } from '../../ui/copy-text.tsx'
import { Button } from '../../ui/button.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { DefaultVisibility } from './default-visibility.tsx'
import { RobotsPanel } from './robots-panel.tsx'

export const metadata = { title: 'Tokens and robots' }

/** What programs sign in with, and what a first push makes. */
export default async function RobotsPage({ params }: { params: Promise<{ account: string }> }) {
  const { account: name } = await params
  const input = { account: name }
  const api = await server()
  const [me, account, robots, tokens, view] = await load(
    Promise.all([
      api.accounts.me(),
      api.accounts.view(input),
      api.registry.robots.list(input),
      api.accounts.tokens.ofAccount(input),
      api.registry.account.overview(input),
    ]),
  )
  const { role } = account
  const isAdmin = me.roles.includes('admin')
  const isManager = isAdmin || role === 'owner' || role === 'admin'
  const isFree = account.holds.length === 0
  const host = view.image.split('/')[0] ?? ''
  return (
    <>
      <PageHead
        title="Tokens and robots"
        sub={`What programs use to pull from and push to ${name}.`}
        actions={<Button href={`/${name}/repositories`}>All repositories</Button>}
      />
      <div className="stack">
        <Panel title="Sign in with Docker">
          <div className="stack">
            <CopyText text={`docker login ${host}`} label="Copy the sign-in command" wrap />
            <p className="help">
              People sign in with their mail address and password, or with any name and an API token. A robot signs in
              with its name, such as {name}+ci, and its secret. What is revoked ends within six minutes.
            </p>
          </div>
        </Panel>
        <RobotsPanel
          account={name}
          robots={robots.map((robot) => ({ ...robot, id: robot.id.toString() }))}
          repositories={view.repositories.filter((row) => !row.deleteAt).map((row) => row.name)}
          mayMake={isManager && (isFree || isAdmin)}
          mayRevoke={isManager}
          nowMs={Date.now()}
        />
        <TokensPanel
          whose={{ of: 'account', account: name }}
          tokens={tokens.map((row) => ({ ...row, id: row.id.toString() }))}
          scopes={role !== null && role !== 'billing' && isFree ? ['read', 'write'] : []}
          mayRevoke={isManager}
          nowMs={Date.now()}
        />
        {isManager && (isFree || isAdmin) && (
          <DefaultVisibility account={name} visibility={view.held.defaultVisibility} />
        )}
      </div>
    </>
  )
}
