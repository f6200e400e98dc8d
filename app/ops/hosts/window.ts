export const WINDOWS = ['1h', '6h', '24h', '7d'] as const
export type WindowName = (typeof WINDOWS)[number]

export const WINDOW_WORDS: Record<WindowName, string> = { '1h': '1 h', '6h': '6 h', '24h': '24 h', '7d': '7 d' }

/** The window in the address; an hour where it says none. */
export const windowOf = (value: string | string[] | undefined): WindowName =>
  WINDOWS.find((name) => name === value) ?? '1h'

/** The switch between windows, for `Segmented`. */
export const windowItems = (path: string, current: WindowName) =>
  WINDOWS.map((name) => ({
    label: WINDOW_WORDS[name],
    href: name === '1h' ? path : `${path}?window=${name}`,
    current: name === current,
  }))

const MIB = 1_048_576

/** MiB as bytes, which is what charts print. */
export const bytesOfMib = (values: readonly (number | null)[]): (number | null)[] =>
  values.map((value) => (value === null ? null : value * MIB))

/** The last known value, for a chart's sentence. */
export const lastOf = (values: readonly (number | null)[]): number | null =>
  values.findLast((value) => value !== null) ?? null
