import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkText } from '#server/incidents/checkText.ts'
import { fillTemplate, openNames } from '#server/incidents/fillTemplate.ts'
import { impactOf, STATUSES, worstOf } from '#server/incidents/impact.ts'
import { maintenanceSteps } from '#server/incidents/maintenanceSteps.ts'
import { standing, stepsOf, timeline, type Said, type Step } from '#server/incidents/standing.ts'
import { mayFollow } from '#server/incidents/state.ts'

const at = (minutes: number) => new Date(Date.UTC(2026, 10, 21, 3) + minutes * 60_000)
const say = (number: number, of: Partial<Said> = {}): Said => ({
  id: BigInt(number),
  number,
  kind: 'update',
  aboutId: null,
  state: 'investigating',
  components: [],
  hosts: null,
  displayAt: at(number),
  undoneAt: null,
  nextUpdateMinutes: 30,
  ...of,
})
const partly = [{ componentId: 1n, status: 'partial_outage' as const }]

test('an incident stands where its last update left it, and its impact is the worst it came to', () => {
  const now = standing([
    say(1, { components: [{ componentId: 1n, status: 'major_outage' }], hosts: [7, 8] }),
    say(2, { state: 'identified', components: [{ componentId: 1n, status: 'degraded_performance' }], hosts: [8] }),
  ])
  expect(now).toMatchObject({ state: 'identified', impact: 'critical', resolvedAt: null, nextUpdateDue: at(32) })
  expect([...now.components]).toEqual([[1n, 'degraded_performance']])
  expect([...now.hosts]).toEqual([
    [7, { fromAt: at(1), untilAt: at(2) }],
    [8, { fromAt: at(1), untilAt: null }],
  ])
})

test('resolving restores every component, ends every host and owes no update', () => {
  const now = standing([say(1, { components: partly, hosts: [7] }), say(2, { state: 'resolved' })])
  expect(now).toMatchObject({ state: 'resolved', resolvedAt: at(2), nextUpdateDue: null, impact: 'major' })
  expect([...now.components]).toEqual([[1n, 'operational']])
  expect(now.hosts.get(7)).toEqual({ fromAt: at(1), untilAt: at(2) })
})

test('what was undone or retracted does not count, and with all retracted nothing was', () => {
  const undone = standing([say(1, { components: partly, undoneAt: at(1) })])
  expect(undone).toMatchObject({ state: 'draft', impact: 'none', isRetracted: false })
  const retracted = standing([
    say(1, { components: partly, hosts: [7] }),
    say(2, { kind: 'retraction', aboutId: 1n, state: 'resolved' }),
  ])
  expect(retracted).toMatchObject({ state: 'resolved', impact: 'none', isRetracted: true })
  expect(retracted.hosts.size).toBe(0)
})

test('a correction changes what was, from the time of what it corrects', () => {
  const said = [
    say(1, { components: [{ componentId: 1n, status: 'major_outage' }] }),
    say(9, { kind: 'correction', aboutId: 1n, components: partly }),
  ]
  expect(standing(said)).toMatchObject({ state: 'investigating', impact: 'major' })
  expect(stepsOf(4n, said).get(1n)).toEqual([{ at: at(1), incidentId: 4n, status: 'partial_outage' }])
})

test('what the first update says was so from the start that was found out', () => {
  expect(stepsOf(4n, [say(10, { components: partly })], at(2)).get(1n)?.[0]?.at).toEqual(at(2))
})

test('a maintenance that is only planned affects nothing yet', () => {
  const planned = say(1, { state: 'scheduled', components: [{ componentId: 1n, status: 'under_maintenance' }] })
  expect(stepsOf(4n, [planned]).size).toBe(1)
  expect(stepsOf(4n, [planned]).get(1n)).toEqual([])
  const steps = stepsOf(4n, [planned, say(2, { state: 'in_progress' }), say(3, { state: 'completed' })])
  expect(steps.get(1n)?.map(({ status }) => status)).toEqual(['under_maintenance', 'operational'])
})

const step = fc.record({
  at: fc.integer({ min: 0, max: 500 }).map(at),
  incidentId: fc.bigInt({ min: 1n, max: 4n }),
  status: fc.constantFrom(...STATUSES),
})

test('histories have no gaps, no overlaps, no repeats, and at each instant the worst that any incident says', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: -5, max: 505 }), (steps: Step[], minute) => {
      const spans = timeline(at(-10), steps)
      expect(spans[0]?.fromAt).toEqual(at(-10))
      expect(spans.at(-1)?.untilAt).toBeNull()
      for (const [n, span] of spans.entries()) {
        const next = spans[n + 1]
        if (!next) continue
        expect(span.untilAt).toEqual(next.fromAt)
        expect(next.fromAt.getTime()).toBeGreaterThan(span.fromAt.getTime())
        expect([next.status, next.incidentId]).not.toEqual([span.status, span.incidentId])
      }
      const now = new Map<bigint, Step['status']>()
      for (const one of steps.toSorted((a, b) => +a.at - +b.at))
        if (one.at <= at(minute)) now.set(one.incidentId, one.status)
      const found = spans.findLast(({ fromAt }) => fromAt <= at(minute))
      expect(found?.status).toBe(worstOf([...now.values()]))
    }),
  )
})

test('impact is that of the worst component', () => {
  expect(impactOf([])).toBe('none')
  expect(impactOf(['operational', 'under_maintenance'])).toBe('maintenance')
  expect(impactOf(['under_maintenance', 'degraded_performance'])).toBe('minor')
  expect(impactOf(['major_outage', 'partial_outage'])).toBe('critical')
})

test('states follow each other as Statuspage has them', () => {
  expect(mayFollow('incident', 'draft', 'resolved')).toBe(true)
  expect(mayFollow('incident', 'resolved', 'investigating')).toBe(true)
  expect(mayFollow('incident', 'identified', 'postmortem')).toBe(false)
  expect(mayFollow('incident', 'draft', 'scheduled')).toBe(false)
  expect(mayFollow('maintenance', 'in_progress', 'scheduled')).toBe(false)
})

test('a maintenance reminds a day and an hour before, starts and ends by its times', () => {
  const of = {
    id: 5n,
    state: 'scheduled' as const,
    scheduledFor: at(3_000),
    scheduledUntil: at(3_060),
    createdAt: at(0),
  }
  const due = (minutes: number, state: 'scheduled' | 'in_progress' = 'scheduled') =>
    maintenanceSteps({ ...of, state }, at(minutes)).map(({ words }) => words)
  expect(due(1_559)).toEqual([])
  expect(due(1_560)).toEqual(['reminder'])
  expect(due(2_999)).toEqual(['reminder'])
  expect(due(3_000)).toEqual(['in_progress'])
  expect(due(3_060)).toEqual(['in_progress', 'completed'])
  expect(due(3_059, 'in_progress')).toEqual([])
  expect(due(3_060, 'in_progress')).toEqual(['completed'])
  const soon = { ...of, createdAt: at(2_950) }
  expect(maintenanceSteps(soon, at(2_990))).toEqual([])
})

test('templates put in what is known and show what is not', () => {
  const text = fillTemplate('{{component}} fail in {{ region }}; {{cause}}', { component: 'Pulls', region: 'ams1' })
  expect(text).toBe('Pulls fail in ams1; {{cause}}')
  expect(openNames(text)).toEqual(['cause'])
  expect(fillTemplate('{{toString}}', {})).toBe('{{toString}}')
})

test('checks find hosts, customers and addresses in a text, and names nothing was put in for', () => {
  const check = (text: string) =>
    checkText({
      text,
      overrides: {},
      hosts: ['ams1-c31'],
      accounts: ['web', 'grey-heron'],
      nextUpdateMinutes: 30,
      goesOn: true,
    })
  expect(check('Pulls fail on the web.').every(({ ok }) => ok)).toBe(true)
  for (const text of ['AMS1-C31 is down.', 'It hits grey-heron.', 'at 10.0.0.7', 'from 2001:db8:0:1::5', '{{cause}}'])
    expect({ text, ok: check(text).every(({ ok }) => ok) }).toEqual({ text, ok: false })
})
