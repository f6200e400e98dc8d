'use client'

import { useState } from 'react'
import { useTRPCClient } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { toast } from '../../../ui/toast.tsx'

/** Saves all subscribers as CSV. */
export function ExportButton() {
  const client = useTRPCClient()
  const [busy, setBusy] = useState(false)
  const take = async () => {
    setBusy(true)
    try {
      const file = await client.incidents.subscribers.export.query()
      const url = URL.createObjectURL(new Blob([file.text], { type: 'text/csv' }))
      const link = document.createElement('a')
      link.href = url
      link.download = file.name
      link.click()
      setTimeout(() => URL.revokeObjectURL(url), 10_000)
      toast(`${file.rows.toLocaleString('en')} subscribers saved`)
    } catch {
      toast('The export failed. Nothing was saved.', { failed: true })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button size="sm" icon="download" busy={busy} onClick={() => void take()}>
      Export
    </Button>
  )
}
