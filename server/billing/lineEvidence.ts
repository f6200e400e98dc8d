import type { Sql } from '#db/client.ts'
import { ownEpochs, usedEpochs } from '../usage/evidence.ts'
import { boundsBetween, reportKeyOf, usedBetween, type LifeEvidence, type WindowEvidence } from './evidence.ts'
import { namesOthers } from './placeRows.ts'
import { findReadings, type FoundLife } from './findReadings.ts'

/** The hours say what was billed; where a late report met hours already closed, within what the readings allow. */
const evidenceOf = ({ of, readings, bounds, declaredIn, isSettled }: FoundLife): LifeEvidence => {
  const { lastMinute: _, isOwnHost: __, counted, ...life } = of
  const used = usedBetween(of.openedMs, readings, of.fromHour, of.untilHour)
  const { least, most } = boundsBetween(of.openedMs, readings, of.fromHour, of.untilHour)
  const isWithin = counted.every((value, i) => value >= least[i]! && value <= most[i]!)
  const isClosed = !isSettled && isWithin && readings.length > 0
  return {
    ...life,
    readings: readings.map(({ minute, rows }) => ({ minute, rows })),
    ...(bounds.length > 0 ? { bounds } : {}),
    ...(declaredIn === undefined ? {} : { declaredIn }),
    used: isClosed ? counted : used,
    ...(isClosed ? { closed: true } : {}),
  }
}

/**
 * The readings that prove what an account used in the hours `[fromHour, untilHour)`, from reports received before `asOf`,
 * life by life, and when each report came. What cannot be found is missing in `readings`: the sums then say less than the hours.
 */
export const windowEvidence = async (
  sql: Sql,
  accountId: bigint,
  window: { fromHour: number; untilHour: number },
  asOf: Date,
): Promise<{ evidence: WindowEvidence; received: Map<string, Date> }> => {
  const epochs = await usedEpochs(sql, accountId, window.fromHour, window.untilHour)
  const lives: LifeEvidence[] = []
  const received = new Map<string, Date>()
  const mineOn = await ownEpochs(sql, accountId, [...new Set(epochs.map(({ hostId }) => hostId))])
  for (const [hostId, own] of Map.groupBy(epochs, (epoch) => epoch.hostId)) {
    const used = own.filter(({ counted }) => counted.some((value) => value !== 0n))
    if (used.length === 0) continue
    const isOwn = used.some(({ isOwnHost }) => isOwnHost)
    const mine = mineOn.epochs.get(hostId) ?? new Set()
    const found = await findReadings(sql, hostId, used, asOf, (report) => isOwn || !namesOthers(report, mine))
    lives.push(...found.lives.map(evidenceOf))
    for (const [seq, at] of found.received) received.set(reportKeyOf({ hostId, seq }), at)
  }
  return { evidence: { ...window, lives }, received }
}
