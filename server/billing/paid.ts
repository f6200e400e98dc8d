import type { Window } from '../time.ts'
import { periodAt, yearAt } from './period.ts'
import type { PriceVersion } from './terms.ts'

/** What a version's advance prices are paid for at a time: the month or year counted from the anchor. */
export const paidAt = (version: Pick<PriceVersion, 'interval'>, anchor: Date, at: Date): Window =>
  version.interval === 'year' ? yearAt(anchor, at) : periodAt(anchor, at)
