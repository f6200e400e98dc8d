'use client'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTRPC } from '../../../../trpc.tsx'
import type { Content } from './content.ts'
import type { ChannelPreview } from './previews.tsx'
import { useSettled } from './use-weight.ts'

/** Each channel's own text of what is written. */
export function usePreviews(
  incident: string,
  content: Content,
  kind: 'update' | 'correction' | 'retraction',
): { rows: readonly ChannelPreview[]; isLoading: boolean } {
  const { text, state, components, hosts, audience, overrides, nextUpdateMinutes, title } = useSettled(content, 250)
  const { data, isPending } = useQuery({
    ...useTRPC().incidents.channels.preview.queryOptions({
      incident,
      kind,
      text,
      state,
      components,
      hosts,
      overrides,
      nextUpdateMinutes,
      ...(title ? { title } : {}),
      ...(audience ? { audience } : {}),
    }),
    placeholderData: keepPreviousData,
  })
  return { rows: data ?? [], isLoading: isPending }
}
