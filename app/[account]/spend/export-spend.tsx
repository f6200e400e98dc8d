'use client'

import { useState } from 'react'
import { messageOf, useTRPCClient } from '../../trpc.tsx'
import { Menu } from '../../ui/menu.tsx'
import { toast } from '../../ui/toast.tsx'

const save = (fileName: string, contentType: string, text: string) => {
  const url = URL.createObjectURL(new Blob([text], { type: contentType }))
  const link = Object.assign(document.createElement('a'), { href: url, download: fileName })
  link.click()
  URL.revokeObjectURL(url)
}

/** What each app cost a day, as a file. */
export function ExportSpend({ account, at }: { account: string; at?: string | undefined }) {
  const client = useTRPCClient()
  const [busy, setBusy] = useState(false)
  const run = async (format: 'csv' | 'json') => {
    setBusy(true)
    try {
      const made = await client.billing.spend.export.query({ account, format, ...(at ? { at } : {}) })
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
      items={[
        { label: 'CSV by app and day', onSelect: () => void run('csv') },
        { label: 'JSON by app and day', onSelect: () => void run('json') },
      ]}
    />
  )
}
