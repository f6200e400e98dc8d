'use client'

import type { Content } from './content.ts'
import type { ChannelPreview } from './previews.tsx'

/** Each channel's own text of what is written. */
export function usePreviews(
  _incident: string,
  _content: Content,
  _kind: 'update' | 'correction' | 'retraction',
): { rows: readonly ChannelPreview[]; isLoading: boolean } {
  return { rows: [], isLoading: false }
}
