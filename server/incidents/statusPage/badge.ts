import { worstOf, type ComponentStatus } from '../impact.ts'
import { markup } from './markup.ts'
import type { StatusRecord } from './record.ts'
import type { Words } from './words.ts'

// A picture in somebody else's page knows no tokens: their light values, dark enough for white letters.
const COLOURS: Record<ComponentStatus, string> = {
  operational: '#00695c',
  degraded_performance: '#7a5200',
  partial_outage: '#9a3b00',
  major_outage: '#8a0f2b',
  under_maintenance: '#5b3fa0',
}

const LETTER = 6.6
const PAD = 8

/** The present status as a small picture for other pages. */
export const badge = (words: Words, { components }: StatusRecord): string => {
  const status = worstOf(components.map((component) => component.status))
  const word = components.length === 0 ? words.unknown.toLowerCase() : words.status[status].toLowerCase()
  const label = words.badgeLabel
  const left = Math.round(label.length * LETTER + 2 * PAD)
  const right = Math.round(word.length * LETTER + 2 * PAD)
  const colour = components.length === 0 ? '#4a5160' : COLOURS[status]
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${label}: ${word}"><title>${label}: ${word}</title><rect width="${left + right}" height="20" rx="3" fill="${colour}"/><path d="M3 0h${left - 3}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3" fill="#30343f"/><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="${PAD}" y="14" textLength="${left - 2 * PAD}">${label}</text><text x="${left + PAD}" y="14" textLength="${right - 2 * PAD}">${word}</text></g></svg>
`.text
}
