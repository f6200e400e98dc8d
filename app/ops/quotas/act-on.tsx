'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { Menu } from '../../ui/menu.tsx'
import { toast } from '../../ui/toast.tsx'
import type { Violation } from './violation-parts.tsx'

type Command = 'stop' | 'restart' | 'throttle' | 'unthrottle' | 'truncate_log'
type Asked = Command | 'resolve'

const WORDS: Record<Asked, { verb: string; consequence: string; danger: boolean }> = {
  stop: {
    verb: 'Stop',
    consequence: 'The containers are stopped now. Their owners see it and can start them again.',
    danger: true,
  },
  restart: { verb: 'Restart', consequence: 'The containers are stopped and started again now.', danger: true },
  throttle: {
    verb: 'Throttle',
    consequence: 'The containers are limited to a fifth of a core until the limit is lifted.',
    danger: true,
  },
  unthrottle: { verb: 'Lift the throttle of', consequence: 'The containers run as fast as before.', danger: false },
  truncate_log: {
    verb: 'Truncate the log of',
    consequence: 'What the logs hold is lost. The containers keep running.',
    danger: true,
  },
  resolve: {
    verb: 'Resolve',
    consequence: 'What is over its limit at the next judgement, within a minute, opens again.',
    danger: false,
  },
}

const named = (of: readonly Violation[]) =>
  of.length === 1 ? (of[0]?.container ?? of[0]?.account ?? 'it') : `${of.length} violations`

/** What can be done to violations, one or many; in a `row` one button and the rest in the menu. It is all audited. */
export function ActOn({
  of,
  done,
  size = 'sm',
  row = false,
}: {
  of: readonly Violation[]
  done?: () => void
  size?: 'sm' | 'md'
  row?: boolean
}) {
  const trpc = useTRPC()
  const router = useRouter()
  const [asked, setAsked] = useState<Asked>('stop')
  const [open, setOpen] = useState(false)
  const [why, setWhy] = useState('')
  const acknowledge = useMutation(trpc.usage.violations.acknowledge.mutationOptions())
  const resolve = useMutation(trpc.usage.violations.resolve.mutationOptions())
  const command = useMutation(trpc.usage.violations.command.mutationOptions())
  const ids = of.map((v) => String(v.id))
  const withContainer = of.filter((v) => v.containerId !== null)
  const finish = (words: string, failed = false) => {
    toast(words, { failed })
    done?.()
    router.refresh()
  }
  const send = async (kind: Command, reason: string) => {
    const targets = withContainer.map((v) => String(v.id))
    const outcome = await command.mutateAsync({ ids: targets, kind, reason, key: crypto.randomUUID() })
    const refused = outcome.refused.map((r) => r.why)
    if (refused.length === 0) finish(`${WORDS[kind].verb}: sent to ${outcome.done.length}`)
    else finish(`${outcome.done.length} sent, ${refused.length} refused: ${refused[0]}`, true)
  }
  const confirm = async () => {
    const reason = why.trim().length < 3 ? 'over its limit' : why.trim()
    if (asked === 'resolve') {
      const { changed } = await resolve.mutateAsync({ ids, why: reason })
      finish(`${changed} resolved`)
    } else await send(asked, reason)
    setWhy('')
  }
  const ask = (what: Asked) => () => {
    setAsked(what)
    setOpen(true)
  }
  const noContainer = withContainer.length === 0 ? 'It is about an account or app, not one container' : undefined
  const words = WORDS[asked]
  const openOnes = of.filter((v) => v.state === 'open')
  const inMenu = row && withContainer.length > 0
  const seen = () =>
    acknowledge.mutate(
      { ids: openOnes.map((v) => String(v.id)) },
      {
        onSuccess: ({ changed }) => finish(`${changed} acknowledged`),
        onError: (error) => finish(messageOf(error), true),
      },
    )
  return (
    <>
      {openOnes.length > 0 && !inMenu && (
        <Button size={size} busy={acknowledge.isPending} onClick={seen}>
          Acknowledge
        </Button>
      )}
      {withContainer.length > 0 && (
        <Button
          size={size}
          icon="retry"
          busy={command.isPending}
          onClick={() =>
            void send('restart', 'over its limit; restarted by an operator').catch((e: unknown) =>
              finish(messageOf(e), true),
            )
          }
        >
          Restart{withContainer.length < of.length ? ` ${withContainer.length}` : ''}
        </Button>
      )}
      <Menu
        label={row ? `More for ${named(of)}` : 'More'}
        {...(row ? { icon: 'more' as const, iconOnly: true, variant: 'ghost' as const } : {})}
        size={size}
        align="end"
        items={[
          ...(inMenu && openOnes.length > 0 ? [{ label: 'Acknowledge', onSelect: seen }] : []),
          { label: 'Resolve…', onSelect: ask('resolve') },
          'line',
          ...(['stop', 'throttle', 'unthrottle', 'truncate_log'] as const).map((kind) => ({
            label:
              kind === 'stop'
                ? 'Stop…'
                : kind === 'throttle'
                  ? 'Throttle…'
                  : kind === 'unthrottle'
                    ? 'Lift the throttle…'
                    : 'Truncate the log…',
            danger: WORDS[kind].danger,
            onSelect: ask(kind),
            ...(noContainer ? { disabled: noContainer } : {}),
          })),
        ]}
      />
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`${words.verb} ${named(asked === 'resolve' ? of : withContainer)}?`}
        confirm={`${words.verb} ${named(asked === 'resolve' ? of : withContainer)}`}
        cancel="Leave as it is"
        danger={words.danger}
        onConfirm={async () => {
          await confirm()
        }}
      >
        <p>{words.consequence}</p>
        <TextField
          label="Why"
          help="For the history and the audit log. Empty says: over its limit."
          value={why}
          onChange={(event) => setWhy(event.target.value)}
        />
      </ConfirmDialog>
    </>
  )
}
