'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../../../../../trpc.tsx'
import { ConfirmDialog } from '../../../../../ui/confirm-dialog.tsx'
import { TextField } from '../../../../../ui/field.tsx'
import { Menu, type MenuItem } from '../../../../../ui/menu.tsx'
import { toast } from '../../../../../ui/toast.tsx'

type Kind =
  | 'restart'
  | 'stop'
  | 'kill'
  | 'pause'
  | 'unpause'
  | 'throttle'
  | 'unthrottle'
  | 'set_limits'
  | 'truncate_log'
  | 'delete'
type Args = { cpuPercent?: number; memoryMib?: number; cpuMilli?: number }
type Act = {
  kind: Kind
  verb: string
  consequence: string
  safe: string
  danger: boolean
  typed?: boolean
  ended?: boolean
  fields?: readonly { name: keyof Args; label: string; help: string; value: string }[]
}

const ACTS: readonly Act[] = [
  {
    kind: 'restart',
    verb: 'Restart',
    safe: 'Keep it as it is',
    danger: false,
    ended: true,
    consequence: 'Ends its processes with 10 s of grace and starts it again. Its memory is lost, its disk stays.',
  },
  {
    kind: 'stop',
    verb: 'Stop',
    safe: 'Keep it running',
    danger: true,
    consequence:
      'Ends its processes with 10 s of grace; the engine does not start it again. Its disk stays and is metered.',
  },
  {
    kind: 'pause',
    verb: 'Pause',
    safe: 'Keep it running',
    danger: false,
    consequence: 'Freezes its processes. Memory stays held and metered; connections to it hang.',
  },
  {
    kind: 'unpause',
    verb: 'Unpause',
    safe: 'Keep it frozen',
    danger: false,
    consequence: 'Lets its frozen processes go on.',
  },
  {
    kind: 'throttle',
    verb: 'Throttle',
    safe: 'Leave its CPU',
    danger: false,
    consequence: 'Limits its CPU until it is unthrottled. It keeps running, slower.',
    fields: [{ name: 'cpuPercent', label: 'CPU, % of one core', help: '100 is one whole core.', value: '20' }],
  },
  {
    kind: 'unthrottle',
    verb: 'Unthrottle',
    safe: 'Leave it throttled',
    danger: false,
    ended: true,
    consequence: 'Gives back the CPU limit it had before.',
  },
  {
    kind: 'set_limits',
    verb: 'Set limits of',
    safe: 'Leave its limits',
    danger: false,
    consequence:
      'In effect at once, until the container is made anew. A memory limit below what it holds makes the kernel kill processes.',
    fields: [
      { name: 'memoryMib', label: 'Memory, MiB', help: 'Empty leaves it as it is; 6 or more.', value: '' },
      {
        name: 'cpuMilli',
        label: 'CPU, thousandths of a core',
        help: 'Empty leaves it as it is; 1000 is one core.',
        value: '',
      },
    ],
  },
  {
    kind: 'truncate_log',
    verb: 'Truncate the log of',
    safe: 'Keep the log',
    danger: true,
    ended: true,
    consequence: 'Empties its log file in place. What it logged so far is lost; sizes before and after are kept.',
  },
  {
    kind: 'kill',
    verb: 'Kill',
    safe: 'Keep it running',
    danger: true,
    typed: true,
    consequence: 'Ends its processes at once, without grace. Data not yet written is lost.',
  },
  {
    kind: 'delete',
    verb: 'Delete',
    safe: 'Keep the container',
    danger: true,
    typed: true,
    ended: true,
    consequence: 'Removes the container and its writable layer for good. Named volumes stay.',
  },
]

type Target = { hostId: number; epoch: number; name: string; running: boolean; protectedBy: string | null }

/** What an operator can have the host's agent do to this life of the container, each with its consequence. */
export function ContainerActions({ target }: { target: Target }) {
  const [act, setAct] = useState<Act>()
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const [values, setValues] = useState<Record<string, string>>({})
  const router = useRouter()
  const command = useMutation(useTRPC().hosts.containers.command.mutationOptions())
  const whyNot = ({ kind, ended }: Act): string | undefined => {
    if (target.protectedBy && kind !== 'unpause' && kind !== 'unthrottle') return `${target.protectedBy} is protected`
    if (!target.running && !ended) return 'it does not run'
    return undefined
  }
  const begin = (next: Act) => {
    setAct(next)
    setReason('')
    setValues(Object.fromEntries((next.fields ?? []).map(({ name, value }) => [name, value])))
    setOpen(true)
  }
  const items: MenuItem[] = ACTS.flatMap((one) => {
    const disabled = whyNot(one)
    const item = {
      label: one.kind === 'set_limits' ? 'Set limits' : one.kind === 'truncate_log' ? 'Truncate log' : one.verb,
      onSelect: () => begin(one),
      ...(one.danger ? { danger: true } : {}),
      ...(disabled ? { disabled } : {}),
    }
    return one.kind === 'kill' ? ['line' as const, item] : [item]
  })
  const send = async (one: Act) => {
    const filled = Object.entries(values).filter(([, value]) => value.trim() !== '')
    const args: Args = Object.fromEntries(filled.map(([name, value]) => [name, Number(value)]))
    const { hostId, epoch } = target
    await command.mutateAsync({ hostId, epoch, kind: one.kind, args, reason, key: crypto.randomUUID() })
    toast(`${one.verb} ${target.name}: the agent was asked`)
    router.refresh()
  }
  return (
    <>
      <Menu label="Act on container" items={items} align="end" />
      {act && (
        <ConfirmDialog
          open={open}
          onOpenChange={setOpen}
          title={`${act.verb} ${target.name}?`}
          confirm={`${act.verb} ${target.name}`}
          cancel={act.safe}
          danger={act.danger}
          {...(act.typed ? { typeName: target.name } : {})}
          onConfirm={() => send(act)}
        >
          <div className="stack">
            {' '}
            <p>{act.consequence} It means this life of the container only, and is in the audit log.</p>
            {act.fields?.map(({ name, label, help }) => (
              <TextField
                key={name}
                label={label}
                help={help}
                inputMode="numeric"
                value={values[name] ?? ''}
                onChange={(event) => setValues((all) => ({ ...all, [name]: event.target.value }))}
              />
            ))}
            <TextField
              label="Why"
              help="The owner and the audit log see it."
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              required
            />
          </div>{' '}
        </ConfirmDialog>
      )}
    </>
  )
}
