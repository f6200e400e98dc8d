import { load, server } from '../../server.ts'
import { TokensPanel } from '../../account-parts/tokens-panel.tsx'
import { HoldsPanel } from '../../account-parts/holds-panel.tsx'
import { Button } from '../../ui/button.tsx'
import { Facts, PageHead, Panel } from '../../ui/panel.tsx'
import { ClosePanel } from './close-panel.tsx'
import { ConvertPanel } from './convert-panel.tsx'
import { NamePanel } from './name-panel.tsx'

export const metadata = { title: 'Settings' }

export default async function AccountSettingsPage({ params }: { params: Promise<{ account: string }> }) {
  const { account: name } = await params
  const input = { account: name }
  const api = await server()
  const [me, account] = await load(Promise.all([api.accounts.me(), api.accounts.view(input)]))
  const [tokens, holds] = await load(
    Promise.all([api.accounts.tokens.ofAccount(input), api.accounts.holds.history(input)]),
  )
  const { role } = account
  const isFree = account.holds.length === 0
  const isAdmin = me.roles.includes('admin')
  const conversion =
    account.kind === 'user' && role === 'owner' && isFree
      ? await load(api.accounts.previewConversion(input))
      : undefined
  const mayRename = isAdmin || ((role === 'owner' || role === 'admin') && isFree)
  const mayMakeTokens = role !== null && role !== 'billing' && isFree
  return (
    <>
      <PageHead title="Settings" sub={`${account.kind === 'user' ? 'Personal account' : 'Organization'} ${name}.`} />
      <div className="stack">
        <div className="split">
          <NamePanel account={name} displayName={account.displayName} mayRename={mayRename} />
          <Panel title="Account">
            <Facts
              of={[
                [
                  'Name',
                  <span className="mono" key="name">
                    {name}
                  </span>,
                ],
                ['Plan', account.plan],
                ['Your role', role ?? 'none: you look on as operator'],
              ]}
            />
            <p className="help mt-2">
              The name is in labels and addresses and stays. Containers count for this account with the label{' '}
              <code>{account.label}</code>.
            </p>
          </Panel>
        </div>
        <TokensPanel
          whose={{ of: 'account', account: name }}
          tokens={tokens.map((row) => ({ ...row, id: row.id.toString() }))}
          scopes={mayMakeTokens ? ['read', 'write'] : []}
          mayRevoke={isAdmin || role === 'owner' || role === 'admin'}
          nowMs={Date.now()}
        />
        <Panel title="Webhooks" sub="events for your programs">
          <p className="mb-3">
            Invoices, spending, the plan and repositories, posted to an address of yours and signed.
          </p>
          <Button href={`/${name}/settings/webhooks`}>Webhooks</Button>
        </Panel>
        {holds.length > 0 && <HoldsPanel holds={holds.map((hold) => ({ ...hold, id: hold.id.toString() }))} />}
        {conversion && <ConvertPanel preview={conversion} />}
        {account.kind === 'organization' && role === 'owner' && isFree && <ClosePanel account={name} />}
      </div>
    </>
  )
}
