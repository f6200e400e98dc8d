import { METERS } from '#agents/protocol.ts'

/** The meters' columns, in the wire's order. */
export const METER_COLUMNS = METERS.map((meter) => meter.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))

/** SQL text with each meter's column in the place of `$`, separated by commas. */
export const eachMeter = (text: string, separator = ', ') =>
  METER_COLUMNS.map((column) => text.replaceAll('$', column)).join(separator)
