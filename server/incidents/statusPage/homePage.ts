import { STATUSES, worstOf, type ComponentStatus } from '../impact.ts'
import { firstDay } from '../uptime.ts'
import { barsOf } from './bars.ts'
import { markup, type Markup } from './markup.ts'
import { affectedLine, glyph, layout, MARK, pastItem, statusTag, updateItem } from './parts.ts'
import type { PublicComponent, PublicIncident, StatusRecord } from './record.ts'
import { clock, date, duration, moment } from './time.ts'
import type { Words } from './words.ts'

/** How much a page tells, from all to least. */
type Detail = { bars: 'linked' | 'plain' | 'none'; updates: number; past: number }
const DETAILS: Detail[] = [
  { bars: 'linked', updates: 20, past: 10 },
  { bars: 'linked', updates: 5, past: 6 },
  { bars: 'plain', updates: 3, past: 6 },
  { bars: 'none', updates: 2, past: 3 },
]

/** What a page may weigh, in bytes: a phone with little signal gets it too. */
export const PAGE_BYTES = 50_000

/** The first page, with as much detail as fits; everything is told in full on the pages it links. */
export const homePage = (words: Words, record: StatusRecord): string => {
  const pages = DETAILS.map((detail) => () => render(words, record, detail))
  let page = ''
  for (const make of pages) {
    page = make()
    if (Buffer.byteLength(page) < PAGE_BYTES) break
  }
  return page
}

const render = (words: Words, record: StatusRecord, detail: Detail): string => {
  const open = record.incidents.filter(({ isOpen }) => isOpen)
  const body = markup`${hero(words, record, open)}
${open.map((incident) => openIncident(words, record, incident, detail))}
${services(words, record, detail)}${planned(words, record)}${past(words, record, detail)}${subscribe(words, record)}`
  return layout(words, record, { title: headline(words, record, open), up: '', body })
}

const worstNow = ({ components }: StatusRecord): ComponentStatus => worstOf(components.map(({ status }) => status))

const headline = (words: Words, record: StatusRecord, open: readonly PublicIncident[]): string => {
  if (record.components.length === 0 && open.length === 0) return words.empty
  const worst = worstNow(record)
  return worst === 'operational' && open.length > 0 ? words.openIncident : words.hero[worst]
}

const hero = (words: Words, record: StatusRecord, open: readonly PublicIncident[]): Markup => {
  const worst = worstNow(record)
  const isEmpty = record.components.length === 0 && open.length === 0
  const isQuiet = worst === 'operational' && open.length === 0
  const mark = isEmpty ? 'u' : worst === 'operational' && open.length > 0 ? 'd' : MARK[worst]
  const begun = open.map(({ startedAt }) => startedAt).toSorted((a, b) => a.getTime() - b.getTime())[0]
  const length = begun && duration(words, record.asOf.getTime() - begun.getTime())
  const since = !isQuiet && begun ? `${words.since(moment(words, begun), length!)} ` : ''
  return markup`<section class="hero ${mark}" aria-labelledby="now">${glyph(mark)}<h1 id="now">${headline(words, record, open)}</h1><p>${isEmpty && markup`${words.emptyText}<br>`}<span class="dim">${since}${words.asOf(moment(words, record.asOf))}</span></p></section>`
}

const openIncident = (words: Words, record: StatusRecord, incident: PublicIncident, { updates }: Detail): Markup => {
  const { incident: name, nextUpdateDue } = incident
  const next = nextUpdateDue && nextUpdateDue > record.asOf ? words.nextUpdate(clock(words, nextUpdateDue)) : ''
  const more = incident.updates.length > updates
  return markup`<section class="inc" aria-labelledby="t${name}"><h2 id="t${name}"><a href="i/${name}.html">${incident.title}</a></h2><div class="sub">${name}. ${affectedLine(words, record, incident)} ${next}</div>
<ol>${incident.updates.slice(0, updates).map((update) => updateItem(words, update))}</ol>${more && markup`<p class="sub"><a href="i/${name}.html">${words.allUpdates}</a></p>`}</section>`
}

const services = (words: Words, record: StatusRecord, detail: Detail): Markup | null => {
  if (record.components.length === 0) return null
  const sections = [...Map.groupBy(record.components, ({ group }) => group)]
  const range = words.barsNote(date(words, firstDay(record.asOf)), date(words, record.asOf))
  const rows = sections.map(
    ([group, components]) =>
      markup`${group && markup`<div class="grp">${group}</div>`}<ul class="comp">${components.map((one) => componentRow(words, record, one, detail))}</ul>`,
  )
  const legend = STATUSES.map((status) => statusTag(words, status))
  return markup`<h2 class="h2">${words.services}</h2><div class="sub">${range}</div>${rows}<div class="leg">${legend}</div><p class="note">${words.uptimeNote}</p>`
}

const componentRow = (words: Words, record: StatusRecord, component: PublicComponent, { bars }: Detail): Markup =>
  markup`<li><div class="ch"><h3><a href="components/${component.key}.html">${component.name}</a>${component.region && markup`<small>${component.region}</small>`}</h3>${statusTag(words, component.status)}</div>${bars !== 'none' && barsOf(words, component, record.asOf, { up: '', linked: bars === 'linked' })}</li>
`

const planned = (words: Words, record: StatusRecord): Markup | null => {
  const coming = record.incidents
    .filter(({ state }) => state === 'scheduled')
    .toSorted((a, b) => (a.scheduledFor?.getTime() ?? 0) - (b.scheduledFor?.getTime() ?? 0))
  if (coming.length === 0) return null
  const rows = coming.slice(0, 5).map((one) => {
    const when =
      one.scheduledFor && one.scheduledUntil
        ? words.from(moment(words, one.scheduledFor), moment(words, one.scheduledUntil))
        : ''
    const text = one.updates[0]?.text ?? words.retracted
    return markup`<div class="up"><span class="m">${glyph('m')}</span><b><a href="i/${one.incident}.html">${one.title}</a></b><p>${when} ${affectedLine(words, record, one)}</p><p class="pre">${text.slice(0, 600)}</p></div>`
  })
  return markup`<h2 class="h2" id="maintenance">${words.planned}</h2>${rows}`
}

const past = (words: Words, record: StatusRecord, { past: most }: Detail): Markup => {
  const since = firstDay(record.asOf)
  const over = record.incidents.filter((one) => one.resolvedAt !== null && one.resolvedAt >= since).slice(0, most)
  const list =
    over.length === 0
      ? markup`<p class="sub">${words.noPast}</p>`
      : markup`<ol class="past">${over.map((incident) => pastItem(words, record, incident))}</ol>`
  return markup`<h2 class="h2">${words.past}</h2>${list}<p class="sub"><a href="history.html">${words.allPast}</a></p>`
}

const subscribe = (words: Words, { subscribeUrl }: StatusRecord): Markup =>
  markup`<h2 class="h2" id="subscribe">${words.subscribe}</h2><p class="sub">${words.subscribeText}</p>
<form class="ask" method="post" action="${subscribeUrl}"><label for="address">${words.email}</label><input class="in" id="address" name="address" type="email" autocomplete="email" maxlength="254" required><input type="hidden" name="kind" value="email"><button class="btn">${words.subscribeButton}</button></form>
<p class="sub"><a href="${subscribeUrl}">${words.moreWays}</a></p>
<ul class="subs" aria-label="${words.feeds}"><li><a href="history.atom">${words.atom}</a></li><li><a href="history.rss">${words.rss}</a></li><li><a href="api/v2/summary.json">${words.json}</a></li><li><a href="badge.svg">${words.badge}</a></li></ul>`
