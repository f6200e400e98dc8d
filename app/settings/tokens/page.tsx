import { load, server } from '../../server.ts'
import { TokensPanel } from '../../account-parts/tokens-panel.tsx'
import { PageHead } from '../../ui/panel.tsx'

export const metadata = { title: 'API tokens' }

export default async function TokensPage() {
  const { rows, scopes } = await load((await server()).accounts.tokens.mine())
  return (
    <>
      <PageHead title="API tokens" sub="They act for you, within their scopes, in all accounts you are in." />
      <TokensPanel
        whose={{ of: 'me' }}
        tokens={rows.map((row) => ({ ...row, id: row.id.toString() }))}
        scopes={scopes}
        nowMs={Date.now()}
      />
    </>
  )
}
