import { percentOf, uptimeOf } from '../uptime.ts'
import { barsOf } from './bars.ts'
import { markdown } from './markdown.ts'
import { markup, type Markup } from './markup.ts'
import { lengthOf, layout, pastItem, statusTag, time, updateItem } from './parts.ts'
import type { PublicComponent, PublicIncident, StatusRecord } from './record.ts'
import { moment } from './time.ts'
import type { Words } from './words.ts'

/** How many incidents the list of what was goes back. */
export const HISTORY_ROWS = 80

/** What was: incidents and maintenances that are over, newest first. */
export const historyPage = (words: Words, record: StatusRecord): string => {
  const over = record.incidents.filter(({ resolvedAt }) => resolvedAt !== null).slice(0, HISTORY_ROWS)
  const list =
    over.length === 0
      ? markup`<p class="sub">${words.noHistory}</p>`
      : markup`<ol class="past">${over.map((incident) => pastItem(words, record, incident, 120))}</ol>`
  const body = markup`<h1 class="page">${words.past}</h1>${list}<p><a href="index.html">${words.back}</a></p>`
  return layout(words, record, { title: words.history, up: '', body })
}

/** One incident or maintenance with everything that was said of it. */
export const incidentPage = (words: Words, record: StatusRecord, incident: PublicIncident): string => {
  const { title, incident: name, scheduledFor, scheduledUntil, resolvedAt, startedAt } = incident
  const affected = incident.components.flatMap(({ id, status }) => {
    const found = record.components.find((one) => one.id === id)
    return found
      ? markup`<li><a href="../components/${found.key}.html">${found.name}</a>${incident.isOpen && markup` ${statusTag(words, status)}`}</li>`
      : []
  })
  const isPlanned = incident.state === 'scheduled'
  const facts = markup`<dl class="facts">${scheduledFor && scheduledUntil && markup`<dt>${words.planned}</dt><dd>${words.from(moment(words, scheduledFor), moment(words, scheduledUntil))}</dd>`}${!isPlanned && markup`<dt>${words.began}</dt><dd>${time(startedAt, moment(words, startedAt))}</dd><dt>${words.ended}</dt><dd>${resolvedAt ? markup`${time(resolvedAt, moment(words, resolvedAt))}, ${lengthOf(words, incident, record.asOf)}` : words.ongoing}</dd>`}${affected.length > 0 && markup`<dt>${words.affected}</dt><dd><ul>${affected}</ul></dd>`}</dl>`
  const review =
    incident.postmortem &&
    markup`<section class="inc md"><h2>${words.postmortem}</h2>${markdown(incident.postmortem)}</section>`
  const body = markup`<h1 class="page">${title}</h1><p class="sub">${name}. ${words.state[incident.state]}. ${words.asOf(moment(words, record.asOf))}</p>${facts}
${review}<section class="inc"><h2>${words.allUpdates}</h2><ol>${incident.updates.map((update) => updateItem(words, update))}</ol></section><p><a href="../index.html">${words.back}</a></p>`
  return layout(words, record, { title, up: '../', body })
}

/** Over how many days a component's uptime is told, beside its bars. */
const UPTIME_DAYS = [7, 30, 90, 365]
const DAY_MS = 86_400_000

/** Its uptime over some lengths of time, as far as anything is known of it then. */
const uptimes = (words: Words, { spans }: PublicComponent, now: Date): Markup => {
  const known = now.getTime() - spans[0]!.fromAt.getTime()
  const rows = UPTIME_DAYS.filter((_, n) => n === 0 || known > UPTIME_DAYS[n - 1]! * DAY_MS).map((days) => {
    const share = uptimeOf(spans, new Date(now.getTime() - days * DAY_MS), now)
    return markup`<dt>${words.lastDays(days)}</dt><dd>${share === null ? words.noUptime : words.uptime(percentOf(share))}</dd>`
  })
  return markup`<dl class="facts">${rows}</dl>`
}

/** One component: its status, its 90 days and what happened to it. */
export const componentPage = (words: Words, record: StatusRecord, component: PublicComponent): string => {
  const { name, region, description } = component
  const told = record.incidents.filter(({ components }) => components.some(({ id }) => id === component.id))
  const rows = told.slice(0, 30).map((one) => {
    const tag = statusTag(words, one.isOpen ? component.status : one.worst)
    return markup`<li>${time(one.startedAt, moment(words, one.startedAt))}<div><a href="../i/${one.incident}.html">${one.title}</a></div><span class="r">${tag}<span class="dur">${words.state[one.state]}</span></span></li>`
  })
  const list = rows.length === 0 ? markup`<p class="sub">${words.noHistory}</p>` : markup`<ol class="past">${rows}</ol>`
  const body = markup`<h1 class="page">${name}</h1><p class="sub">${region && `${region}. `}${description}</p>
<ul class="comp"><li><div class="ch">${statusTag(words, component.status)}<span class="sub">${words.asOf(moment(words, record.asOf))}</span></div>${barsOf(words, component, record.asOf, { up: '../', linked: true })}</li></ul>${component.showUptime && uptimes(words, component, record.asOf)}<p class="note">${words.uptimeNote}</p>
<h2 class="h2">${words.history}</h2>${list}<p><a href="../index.html">${words.back}</a></p>`
  return layout(words, record, { title: name, up: '../', body })
}
