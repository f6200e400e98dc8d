import { StatusBadge, type Status } from '../ui/status.tsx'

export type HostState = 'reporting' | 'stale' | 'never' | 'revoked'

const LOOKS: Record<HostState, { status: Status; word: string }> = {
  reporting: { status: 'operational', word: 'Reporting' },
  stale: { status: 'unknown', word: 'Silent' },
  never: { status: 'unknown', word: 'No report yet' },
  revoked: { status: 'maintenance', word: 'Revoked' },
}

/** A host's state by its reports: glyph, word and colour. */
export function HostStateBadge({ state }: { state: HostState }) {
  const { status, word } = LOOKS[state]
  return <StatusBadge status={status}>{word}</StatusBadge>
}
