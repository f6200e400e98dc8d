'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { CopyText } from '../../../ui/copy-text.tsx'
import { Menu } from '../../../ui/menu.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Banner, StatusBadge } from '../../../ui/status.tsx'
import { Table } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { toast } from '../../../ui/toast.tsx'
import { AddWebhook, type Event } from './add-webhook.tsx'

export type Endpoint = {
  id: string
  url: string
  types: readonly string[]
  createdAt: Date
  disabledAt: Date | null
  disabledReason: string | null
  pending: number
  failed: number
  lastDeliveredAt: Date | null
}

const stateOf = (row: Endpoint) => {
  if (row.disabledAt) return <StatusBadge status="unknown">Off</StatusBadge>
  if (row.failed > 0) return <StatusBadge status="degraded">{`${row.failed} failed`}</StatusBadge>
  return <StatusBadge status="operational">On</StatusBadge>
}

/** Where events go: add, test, a new secret, remove. A secret is shown once, here. */
export function EndpointsPanel({
  account,
  endpoints,
  events,
  mayChange,
  subject,
}: {
  account: string
  endpoints: readonly Endpoint[]
  events: readonly Event[]
  mayChange: boolean
  /** The one repository that new endpoints are to hear of. */
  subject?: string
}) {
  const router = useRouter()
  const trpc = useTRPC()
  const { webhooks } = trpc.notices
  const [adding, setAdding] = useState(false)
  const [secret, setSecret] = useState<string>()
  const [asked, setAsked] = useState<{ what: 'remove' | 'rotate'; row: Endpoint }>()
  const failed = (error: unknown) => toast(messageOf(error), { failed: true })
  const done = (text: string) => () => {
    toast(text)
    router.refresh()
  }
  const test = useMutation(webhooks.test.mutationOptions({ onSuccess: done('A test is on its way.'), onError: failed }))
  const turnOn = useMutation(webhooks.turnOn.mutationOptions({ onSuccess: done('It is on.'), onError: failed }))
  const remove = useMutation(webhooks.remove.mutationOptions())
  const rotate = useMutation(webhooks.rotate.mutationOptions())
  const act = async () => {
    const input = { account, endpointId: asked?.row.id ?? '' }
    if (asked?.what === 'rotate') setSecret((await rotate.mutateAsync(input)).secret)
    else await remove.mutateAsync(input)
    router.refresh()
  }
  return (
    <Panel
      title="Endpoints"
      sub="tried ten times over about three days"
      flush
      actions={
        mayChange && (
          <Button size="sm" icon="plus" onClick={() => setAdding(true)}>
            Add a webhook
          </Button>
        )
      }
    >
      {secret && (
        <div className="stack p-4">
          <Banner status="maintenance" title="The secret, shown once">
            Keep it where your program verifies signatures. It cannot be read again, only replaced.
          </Banner>
          <CopyText text={secret} label="Copy the secret" wrap />
          <div>
            <Button size="sm" onClick={() => setSecret(undefined)}>
              I have it
            </Button>
          </div>
        </div>
      )}
      <Table
        label="Webhooks"
        roomy
        rows={endpoints}
        rowKey={(row) => row.id}
        columns={[
          {
            head: 'URL',
            phone: 'title',
            prose: true,
            cell: (row) => (
              <span className="mono" style={{ overflowWrap: 'anywhere' }}>
                {row.url}
              </span>
            ),
          },
          { head: 'State', phone: 'state', cell: stateOf },
          { head: 'Events', prose: true, cell: (row) => row.types.join(', ') },
          {
            head: 'Last arrived',
            cell: (row) =>
              row.disabledAt ? (
                row.disabledReason
              ) : row.lastDeliveredAt ? (
                <Time at={row.lastDeliveredAt} show="relative" />
              ) : (
                <span className="dim">nothing yet</span>
              ),
          },
          {
            head: '',
            align: 'right',
            cell: (row) =>
              mayChange ? (
                <Menu
                  label={`Actions on ${row.url}`}
                  icon="more"
                  iconOnly
                  align="end"
                  items={[
                    row.disabledAt
                      ? { label: 'Turn it on', onSelect: () => turnOn.mutate({ account, endpointId: row.id }) }
                      : { label: 'Send a test', onSelect: () => test.mutate({ account, endpointId: row.id }) },
                    {
                      label: 'Make a new secret',
                      detail: 'The old one signs too for a day.',
                      onSelect: () => setAsked({ what: 'rotate', row }),
                    },
                    'line',
                    { label: 'Remove', danger: true, onSelect: () => setAsked({ what: 'remove', row }) },
                  ]}
                />
              ) : null,
          },
        ]}
        empty={
          <Empty title="No webhooks yet">
            {mayChange
              ? 'Add an address, and your programs hear of what happens here.'
              : 'Owners and admins of the account add them.'}
          </Empty>
        }
      />
      {adding && (
        <AddWebhook
          subject={subject}
          account={account}
          events={events}
          onClose={() => setAdding(false)}
          onAdded={(shown) => {
            setAdding(false)
            setSecret(shown)
          }}
        />
      )}
      <ConfirmDialog
        open={asked !== undefined}
        onOpenChange={(open) => !open && setAsked(undefined)}
        title={asked?.what === 'rotate' ? 'Make a new secret?' : 'Remove this webhook?'}
        confirm={asked?.what === 'rotate' ? 'Make a new secret' : 'Remove the webhook'}
        cancel="Keep it"
        danger={asked?.what === 'remove'}
        onConfirm={act}
      >
        {asked?.what === 'rotate'
          ? 'What is sent is signed with both for 24 h, then with the new one alone.'
          : `Nothing is sent to ${asked?.row.url ?? ''} any more, also not what waits.`}
      </ConfirmDialog>
    </Panel>
  )
}
