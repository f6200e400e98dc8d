'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { CopyText } from '../../ui/copy-text.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { Banner, StatusBadge, Tag } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { NewRobot } from './new-robot.tsx'

export type Robot = {
  id: string
  login: string
  description: string
  hint: string
  everyPermission: 'read' | 'write' | null
  repositories: readonly { name: string; permission: 'read' | 'write' }[]
  expiresAt: Date | null
  lastUsedAt: Date | null
}

/** Robots: make, give a new secret, revoke. A secret is shown once, here. */
export function RobotsPanel({
  account,
  robots,
  repositories,
  mayMake,
  mayRevoke,
  nowMs,
}: {
  account: string
  robots: readonly Robot[]
  repositories: readonly string[]
  mayMake: boolean
  mayRevoke: boolean
  nowMs: number
}) {
  const router = useRouter()
  const trpc = useTRPC()
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<{ login: string; secret: string }>()
  const [asked, setAsked] = useState<{ what: 'rotate' | 'revoke'; robot: Robot }>()
  const rotate = useMutation(trpc.registry.robots.rotate.mutationOptions())
  const revoke = useMutation(trpc.registry.robots.revoke.mutationOptions())
  const act = async () => {
    const input = { account, id: asked?.robot.id ?? '' }
    if (asked?.what === 'rotate') setMade(await rotate.mutateAsync(input))
    else await revoke.mutateAsync(input)
    router.refresh()
  }
  return (
    <Panel
      title="Robots"
      sub="one for each program"
      flush
      actions={
        mayMake && (
          <Button size="sm" icon="plus" onClick={() => setMaking(true)}>
            Make a robot
          </Button>
        )
      }
    >
      {made && (
        <div className="stack p-4">
          <Banner status="maintenance" title={`The secret of ${made.login}, shown once`}>
            Keep it where the program signs in. It cannot be read again, only replaced.
          </Banner>
          <CopyText text={made.secret} label="Copy the secret" wrap />
          <div>
            <Button size="sm" onClick={() => setMade(undefined)}>
              I have kept it
            </Button>
          </div>
        </div>
      )}
      <Table
        label="Robots"
        roomy
        rows={robots}
        rowKey={(robot) => robot.id}
        columns={[
          {
            head: 'Robot',
            phone: 'title',
            cell: (robot) => (
              <>
                <span className="mono">{robot.login}</span> <span className="mono dim">{robot.hint}</span>
              </>
            ),
          },
          {
            head: 'State',
            phone: 'state',
            cell: (robot) =>
              robot.expiresAt && robot.expiresAt.getTime() <= nowMs ? (
                <StatusBadge status="degraded">Expired</StatusBadge>
              ) : (
                <StatusBadge status="operational">Live</StatusBadge>
              ),
          },
          { head: 'Reaches', cell: (robot) => <Reach robot={robot} /> },
          { head: 'Last used', cell: (robot) => <Time at={robot.lastUsedAt} show="relative" /> },
          {
            head: 'Expires',
            cell: (robot) =>
              robot.expiresAt ? <Time at={robot.expiresAt} show="relative" /> : <span className="dim">never</span>,
          },
          {
            head: '',
            align: 'right',
            cell: (robot) => (
              <span className="row justify-end">
                {mayMake && (
                  <Button
                    size="sm"
                    aria-label={`Give ${robot.login} a new secret`}
                    onClick={() => setAsked({ what: 'rotate', robot })}
                  >
                    New secret
                  </Button>
                )}
                {mayRevoke && (
                  <Button
                    size="sm"
                    aria-label={`Revoke ${robot.login}`}
                    onClick={() => setAsked({ what: 'revoke', robot })}
                  >
                    Revoke
                  </Button>
                )}
              </span>
            ),
          },
        ]}
        empty={
          <Empty title="No robots yet">A robot reaches the repositories you choose, and no page of this site.</Empty>
        }
      />
      {making && (
        <NewRobot account={account} repositories={repositories} onMade={setMade} onClose={() => setMaking(false)} />
      )}
      <ConfirmDialog
        open={asked !== undefined}
        onOpenChange={(open) => !open && setAsked(undefined)}
        title={
          asked?.what === 'rotate' ? `A new secret for ${asked.robot.login}?` : `Revoke ${asked?.robot.login ?? ''}?`
        }
        confirm={asked?.what === 'rotate' ? 'Make a new secret' : `Revoke ${asked?.robot.login ?? ''}`}
        cancel="Keep it"
        onConfirm={act}
      >
        {asked?.what === 'rotate'
          ? 'The old secret works for one more day, so that programs can be changed meanwhile.'
          : 'Whatever signs in as it is refused from now on, and what it pulls and pushes now ends within six minutes.'}
      </ConfirmDialog>
    </Panel>
  )
}

function Reach({ robot }: { robot: Robot }) {
  if (robot.everyPermission) return <span>all repositories: {robot.everyPermission}</span>
  return (
    <span className="row inline-flex">
      {robot.repositories.slice(0, 3).map(({ name, permission }) => (
        <Tag key={name}>
          {name}: {permission}
        </Tag>
      ))}
      {robot.repositories.length > 3 && <span className="dim">{robot.repositories.length - 3} more</span>}
      {robot.repositories.length === 0 && <span className="dim">nothing</span>}
    </span>
  )
}
