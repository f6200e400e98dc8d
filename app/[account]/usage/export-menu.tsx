'use client'

import { useState } from 'react'
import { messageOf, useTRPCClient } from '../../trpc.tsx'
import { Menu } from '../../ui/menu.tsx'
import { toast } from '../../ui/toast.tsx'

const OFFERED = [
  { by: 'app', resolution: 'hour', format: 'csv', label: 'CSV by app and hour' },
  { by: 'app', resolution: 'day', format: 'csv', label: 'CSV by app and day' },
  { by: 'container', resolution: 'hour', format: 'csv', label: 'CSV by container and hour' },
  { by: 'app', resolution: 'hour', format: 'json', label: 'JSON by app and hour' },
  { by: 'container', resolution: 'hour', format: 'json', label: 'JSON by container and hour' },
] as const

const save = (fileName: string, contentType: string, text: string) => {
  const url = URL.createObjectURL(new Blob([text], { type: contentType }))
  const link = Object.assign(document.createElement('a'), { href: url, download: fileName })
  link.click()
  URL.revokeObjectURL(url)
}

/** All meters of the window as a file, in the smallest units. */
export function ExportMenu({
  account,
  window,
  app,
}: {
  account: string
  window: { from: string; to: string }
  app?: string | undefined
}) {
  const client = useTRPCClient()
  const [busy, setBusy] = useState(false)
  const run = async (of: (typeof OFFERED)[number]) => {
    setBusy(true)
    try {
      const { by, resolution, format } = of
      const made = await client.usage.export.query({ account, window, by, resolution, format, ...(app ? { app } : {}) })
      save(made.fileName, made.contentType, made.text)
      toast(`${made.fileName}: ${made.rows} rows`)
    } catch (error) {
      toast(messageOf(error), { failed: true })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Menu
      label={busy ? 'Exporting…' : 'Export'}
      icon="download"
      align="end"
      items={OFFERED.map((of) => ({ label: of.label, onSelect: () => void run(of) }))}
    />
  )
}
