import { STATUSES } from '../impact.ts'
import { BAR_DAYS, daysOf, firstDay, percentOf, uptimeOf, type Day } from '../uptime.ts'
import { markup, trusted, type Markup } from './markup.ts'
import { MARK } from './parts.ts'
import type { PublicComponent } from './record.ts'
import { dayMonth, duration } from './time.ts'
import type { Words } from './words.ts'

const summary = (words: Words, days: readonly Day[]): string => {
  const count = (status: Day['status']) => days.filter((day) => day.status === status).length
  const parts = STATUSES.filter((status) => count(status) > 0).map((s) => words.daysOf(count(s), words.status[s]))
  if (count(null) > 0) parts.push(words.daysOf(count(null), words.unknown))
  return words.ofDays(days.length, parts.join(', '))
}

const bar = (words: Words, day: Day, up: string, linked: boolean): Markup => {
  if (day.status === null) return trusted('<i class="u"></i>')
  if (day.status === 'operational') return trusted('<i></i>')
  const mark = MARK[day.status]
  if (!linked || day.incidentId === null) return trusted(`<i class="${mark}"></i>`)
  const title = words.barTitle(dayMonth(words, day.day), words.status[day.status], duration(words, day.ms))
  return markup`<a class="${mark}" href="${up}i/INC-${String(day.incidentId)}.html" title="${title}"></a>`
}

/** A component's last 90 days, a bar each, with its uptime. `linked: false` is smaller: bars lead nowhere. */
export const barsOf = (
  words: Words,
  component: PublicComponent,
  now: Date,
  { up, linked }: { up: string; linked: boolean },
): Markup => {
  const days = daysOf(component.spans, now)
  const share = uptimeOf(component.spans, firstDay(now), now)
  const uptime = share === null ? words.noUptime : words.uptime(percentOf(share))
  const cells = days.map((day) => bar(words, day, up, linked))
  // Without links inside it is one picture.
  const role = linked ? 'group' : 'img'
  return markup`<div class="bars" role="${role}" aria-label="${summary(words, days)}">${cells}</div><div class="bf"><span>${words.daysAgo(BAR_DAYS)}</span>${component.showUptime && markup`<b>${uptime}</b>`}<span>${words.today}</span></div>`
}
