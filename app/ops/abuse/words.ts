import type { Status } from '../../ui/glyph.tsx'

export const CATEGORY: Record<string, string> = {
  miner: 'Mining',
  game_server: 'Game server',
  log_runaway: 'Runaway log',
  scanner: 'Scanning',
  mail_flood: 'Mail flood',
  fork_storm: 'Fork storm',
}
export const categoryWords = (category: string): string => CATEGORY[category] ?? category

const STATE: Record<string, readonly [Status, string]> = {
  watched: ['degraded', 'Watched'],
  throttled: ['degraded', 'Throttled'],
  stopped: ['partial', 'Stopped'],
  disputed: ['maintenance', 'Disputed'],
  deleted: ['major', 'App deleted'],
  closed: ['unknown', 'Closed'],
}
const OUTCOME: Record<string, readonly [Status, string]> = {
  cleared: ['operational', 'Cleared'],
  expired: ['unknown', 'Nothing more seen'],
  confirmed: ['unknown', 'Closed'],
}

export const stateOf = ({ state, outcome }: { state: string; outcome: string | null }): readonly [Status, string] =>
  (outcome ? OUTCOME[outcome] : STATE[state]) ?? ['unknown', state]

/** Text of hostile origin: what a terminal would obey is written out, and it is cut. */
export const shown = (text: string, most = 400): string => {
  // oxlint-disable-next-line no-control-regex -- these are what has to be seen
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, (hidden) => {
    return `\\u${(hidden.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
  return plain.length > most ? `${plain.slice(0, most)}…` : plain
}

export const counted = (count: number, what: string, many = `${what}s`): string =>
  `${count} ${count === 1 ? what : many}`
