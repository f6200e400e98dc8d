import type { Status } from '../../ui/glyph.tsx'

/** How the interface says what the API names. */
export const STATUS_WORDS: Record<string, string> = {
  operational: 'Operational',
  under_maintenance: 'Maintenance',
  degraded_performance: 'Degraded',
  partial_outage: 'Partial outage',
  major_outage: 'Major outage',
}

const GLYPHS: Record<string, Status> = {
  operational: 'operational',
  under_maintenance: 'maintenance',
  degraded_performance: 'degraded',
  partial_outage: 'partial',
  major_outage: 'major',
  none: 'operational',
  maintenance: 'maintenance',
  minor: 'degraded',
  major: 'partial',
  critical: 'major',
}

/** The glyph of a component's status or of an incident's impact. */
export const glyphOf = (word: string): Status => GLYPHS[word] ?? 'unknown'

const IMPACT_WORDS: Record<string, string> = {
  none: 'No impact',
  maintenance: 'Maintenance',
  minor: 'Degraded',
  major: 'Partial outage',
  critical: 'Major outage',
}
export const impactWords = (impact: string): string => IMPACT_WORDS[impact] ?? impact

/** `in_progress` as people read it. */
export const stateWords = (state: string): string => {
  const words = state.replace('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** `1 host`, `2 hosts`. */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`

/** An id of this request, made once: sending again under it is harmless. */
export const newRequestId = (): string => crypto.randomUUID()
