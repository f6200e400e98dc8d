'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { toast } from '../../ui/toast.tsx'
import { SilenceDialog } from './silence-dialog.tsx'
import type { Matcher } from './words.ts'

/** What can be done about an alert that fires. */
export function AlertActs({
  id,
  labels,
  incident,
  isSilent,
}: {
  id: string
  labels: Record<string, string>
  incident: string | null
  isSilent: boolean
}) {
  const [silencing, setSilencing] = useState(false)
  const router = useRouter()
  const begin = useMutation(
    useTRPC().incidents.alerts.openIncident.mutationOptions({
      onSuccess: (opened) => router.push(`/ops/incidents/${opened.incident}/update`),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  return (
    <span className="row flex-nowrap">
      {incident ? (
        <a href={`/ops/incidents/${incident}`}>{incident}</a>
      ) : (
        <Button size="sm" busy={begin.isPending || begin.isSuccess} onClick={() => begin.mutate({ id })}>
          Open incident
        </Button>
      )}
      {!isSilent && (
        <Button size="sm" onClick={() => setSilencing(true)}>
          Silence
        </Button>
      )}
      {silencing && (
        <SilenceDialog
          title="Silence alerts"
          labels={labels}
          matchers={matchersOf(labels)}
          onClose={() => setSilencing(false)}
        />
      )}
    </span>
  )
}

/** What tells such an alert from others, as far as we know; all of its labels else. */
const matchersOf = (labels: Record<string, string>): Matcher[] => {
  const names = Object.keys(labels).filter((name) => labels[name] !== '')
  const usual = names.filter((name) => ['alertname', 'host', 'instance', 'heartbeat', 'node'].includes(name))
  return (usual.length > 0 ? usual : names).map((label) => ({ label, is: 'equal', value: labels[label] ?? '' }))
}
