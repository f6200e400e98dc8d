'use client'

import { useTRPCClient } from '../../trpc.tsx'
import { Menu } from '../../ui/menu.tsx'
import { toast } from '../../ui/toast.tsx'
import type { AuditFilter } from './filter.ts'

const save = (name: string, text: string, type: string) => {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** Downloads what the filter shows, as CSV or JSON. */
export function ExportMenu({ filter }: { filter: AuditFilter }) {
  const client = useTRPCClient()
  const take = async (format: 'csv' | 'json') => {
    try {
      const file = await client.accounts.audit.export.query({ ...filter, format })
      save(file.name, file.text, format === 'csv' ? 'text/csv' : 'application/json')
      const rest = file.next ? ' Older ones are left out: narrow the filter for them.' : ''
      toast(`${file.rows} changes saved.${rest}`)
    } catch {
      toast('The export failed. Nothing was saved.', { failed: true })
    }
  }
  return (
    <Menu
      label="Export"
      icon="download"
      align="end"
      items={[
        { label: 'As CSV', onSelect: () => void take('csv') },
        { label: 'As JSON', onSelect: () => void take('json') },
      ]}
    />
  )
}
