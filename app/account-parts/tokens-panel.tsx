'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../trpc.tsx'
import { Button } from '../ui/button.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { StatusBadge, Tag } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { NewToken } from './new-token.tsx'

export type TokenView = {
  id: string
  name: string
  hint: string
  scopes: readonly string[]
  account: string | null
  madeBy: string | null
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
  revokedAt: Date | null
}

/** Whose tokens a panel shows, which decides what may be made and how one is revoked. */
export type Whose = { of: 'me' } | { of: 'account'; account: string } | { of: 'robots' }

const stateOf = (token: TokenView, nowMs: number) => {
  if (token.revokedAt) return <StatusBadge status="unknown">Revoked</StatusBadge>
  if (token.expiresAt && token.expiresAt.getTime() <= nowMs) return <StatusBadge status="degraded">Expired</StatusBadge>
  return <StatusBadge status="operational">Live</StatusBadge>
}

/** API tokens: who made them, what they may do, when they were last used; make and revoke. */
export function TokensPanel({
  whose,
  tokens,
  scopes,
  nowMs,
  mayRevoke = true,
}: {
  whose: Whose
  tokens: readonly TokenView[]
  /** Scopes that can be given to a new one; none hides the button. */
  scopes: readonly string[]
  nowMs: number
  mayRevoke?: boolean
}) {
  const router = useRouter()
  const trpc = useTRPC()
  const [revoking, setRevoking] = useState<TokenView>()
  const [making, setMaking] = useState(false)
  const revokeMine = useMutation(trpc.accounts.tokens.revoke.mutationOptions())
  const revokeOfAccount = useMutation(trpc.accounts.tokens.revokeOfAccount.mutationOptions())
  const revokeAny = useMutation(trpc.accounts.tokens.revokeAny.mutationOptions())

  const revoke = async () => {
    const id = revoking?.id ?? ''
    if (whose.of === 'me') await revokeMine.mutateAsync({ id })
    else if (whose.of === 'account') await revokeOfAccount.mutateAsync({ account: whose.account, id })
    else await revokeAny.mutateAsync({ id })
    router.refresh()
  }
  const makeButton = scopes.length > 0 && !making && (
    <Button size="sm" icon="plus" onClick={() => setMaking(true)}>
      Make a token
    </Button>
  )
  return (
    <Panel title="API tokens" sub="for the CLI and programs; shown in full once, when made" flush actions={makeButton}>
      {making && whose.of !== 'robots' && <NewToken whose={whose} scopes={scopes} onClose={() => setMaking(false)} />}
      <Table
        label="API tokens"
        roomy
        rows={tokens}
        rowKey={(token) => token.id}
        columns={[
          {
            head: 'Name',
            phone: 'title',
            cell: (token) => (
              <>
                {token.name} <span className="mono dim">{token.hint}</span>
              </>
            ),
          },
          { head: 'State', phone: 'state', cell: (token) => stateOf(token, nowMs) },
          {
            head: 'May',
            cell: (token) => (
              <span className="row inline-flex">
                {token.scopes.map((scope) => (
                  <Tag key={scope}>{scope}</Tag>
                ))}
              </span>
            ),
          },
          whose.of === 'me'
            ? { head: 'On', cell: (token) => token.account ?? 'all your accounts' }
            : { head: 'Acts for', cell: (token) => token.madeBy ?? 'the platform' },
          { head: 'Last used', cell: (token) => <Time at={token.lastUsedAt} show="relative" /> },
          {
            head: 'Expires',
            cell: (token) =>
              token.expiresAt ? <Time at={token.expiresAt} show="relative" /> : <span className="dim">never</span>,
          },
          {
            head: '',
            align: 'right',
            cell: (token) =>
              mayRevoke && !token.revokedAt ? (
                <Button size="sm" aria-label={`Revoke ${token.name}`} onClick={() => setRevoking(token)}>
                  Revoke
                </Button>
              ) : null,
          },
        ]}
        empty={
          <Empty title="No tokens yet">
            A token lets the CLI or a program act here within its scopes, until it expires or is revoked.
          </Empty>
        }
      />
      <ConfirmDialog
        open={revoking !== undefined}
        onOpenChange={(open) => !open && setRevoking(undefined)}
        title={`Revoke ${revoking?.name ?? ''}?`}
        confirm={`Revoke ${revoking?.name ?? ''}`}
        cancel="Keep it"
        onConfirm={revoke}
      >
        Whatever uses {revoking?.hint} is refused from now on. It cannot be undone; another one can be made.
      </ConfirmDialog>
    </Panel>
  )
}
