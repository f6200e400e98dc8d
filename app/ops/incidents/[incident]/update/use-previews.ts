'use client'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTRPC } from '../../../../trpc.tsx'
import type { Content } from './content.ts'
import { useSettled } from './use-weight.ts'

/** Each channel's own text of what is written, once it stands still for a moment. */
export function usePreviews(incident: string, content: Content, kind: 'update' | 'correction' | 'retraction') {
  const { text, overrides, state, components, nextUpdateMinutes, title } = useSettled(content, 350)
  const { data, isLoading } = useQuery({
    ...useTRPC().incidents.incident.preview.queryOptions({
      incident,
      kind,
      text,
      overrides,
      state,
      components,
      nextUpdateMinutes,
      ...(title ? { title } : {}),
    }),
    placeholderData: keepPreviousData,
  })
  return { rows: data ?? [], isLoading }
}
