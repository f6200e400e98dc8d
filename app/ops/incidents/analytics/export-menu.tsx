'use client'

import { useTRPCClient } from '../../../trpc.tsx'
import { Menu } from '../../../ui/menu.tsx'
import { toast } from '../../../ui/toast.tsx'

const FILES = [
  ['outages', 'Outages, one a row'],
  ['components', 'Downtime by service'],
  ['hosts', 'Hosts by outages'],
  ['channels', 'Deliveries by channel'],
] as const

const save = (name: string, text: string) => {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** Downloads one of the page's tables as CSV. */
export function ExportMenu({ months }: { months: number }) {
  const client = useTRPCClient()
  const take = async (what: (typeof FILES)[number][0]) => {
    try {
      const file = await client.incidents.analytics.export.query({ what, months })
      save(file.fileName, file.text)
    } catch {
      toast('The export failed. Nothing was saved.', { failed: true })
    }
  }
  return (
    <Menu
      label="Export as CSV"
      icon="download"
      align="end"
      items={FILES.map(([what, label]) => ({ label, onSelect: () => void take(what) }))}
    />
  )
}
