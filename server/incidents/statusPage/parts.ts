import { createHash } from 'node:crypto'
import type { ComponentStatus } from '../impact.ts'
import { markup, trusted, type Markup } from './markup.ts'
import type { PublicIncident, PublicUpdate, StatusRecord } from './record.ts'
import { pageStyle } from './style.ts'
import { clock, date, duration, moment } from './time.ts'
import type { Words } from './words.ts'

/** One class and glyph a status: `u` is unknown. */
export const MARK: Record<ComponentStatus, 'o' | 'd' | 'p' | 'j' | 'm'> = {
  operational: 'o',
  degraded_performance: 'd',
  partial_outage: 'p',
  major_outage: 'j',
  under_maintenance: 'm',
}
type Mark = (typeof MARK)[ComponentStatus] | 'u'

const symbol = (id: string, path: string) => `<symbol id="s-${id}" viewBox="0 0 16 16">${path}</symbol>`
const filled = (d: string) => `<path fill="currentColor" fill-rule="evenodd" d="${d}"/>`
const SYMBOLS = trusted(
  `<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>${[
    symbol(
      'o',
      filled(
        'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.7 5.1-4.3 5a.9.9 0 0 1-1.33.03L4.2 9.2a.9.9 0 0 1 1.3-1.25l1.17 1.23 3.66-4.25a.9.9 0 0 1 1.37 1.17Z',
      ),
    ),
    symbol(
      'd',
      filled(
        'M6.9 1.9a1.27 1.27 0 0 1 2.2 0l6 10.6A1.27 1.27 0 0 1 14 14.4H2a1.27 1.27 0 0 1-1.1-1.9l6-10.6ZM8 5.2a.85.85 0 0 0-.85.9l.2 3a.65.65 0 0 0 1.3 0l.2-3A.85.85 0 0 0 8 5.2Zm0 5.4a.95.95 0 1 0 0 1.9.95.95 0 0 0 0-1.9Z',
      ),
    ),
    symbol(
      'p',
      `<path fill="none" stroke="currentColor" stroke-width="1.7" stroke-linejoin="round" d="M8 1.4 14.6 8 8 14.6 1.4 8Z"/>${filled('M8 1.4v13.2L1.4 8Z')}`,
    ),
    symbol(
      'j',
      filled(
        'M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1L5.1 1Zm.95 3.8a.88.88 0 0 0-1.25 1.25L6.75 8 4.8 9.95a.88.88 0 0 0 1.25 1.25L8 9.25l1.95 1.95a.88.88 0 0 0 1.25-1.25L9.25 8l1.95-1.95A.88.88 0 0 0 9.95 4.8L8 6.75 6.05 4.8Z',
      ),
    ),
    symbol(
      'm',
      filled(
        'M3.4 1.5h9.2c1 0 1.9.9 1.9 1.9v9.2c0 1-.9 1.9-1.9 1.9H3.4c-1 0-1.9-.9-1.9-1.9V3.4c0-1 .9-1.9 1.9-1.9Zm1.1 3v7h2.2v-7Zm4.8 0v7h2.2v-7Z',
      ),
    ),
    symbol(
      'u',
      '<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.6 2.2"/>',
    ),
    '<symbol id="s-tally" viewBox="0 0 24 24"><path fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" d="M5 4v16M9.7 4v16M14.3 4v16M19 4v16M2 16.5 22 7.5"/></symbol>',
  ].join('')}</defs></svg>`,
)

/** After this long without a new rendering a page says that it may be out of date. */
export const STALE_MS = 15 * 60_000

// The one script there is, and what it is for: nobody misses anything without it.
const SCRIPT = `(function(){var s=document.getElementById('stale');if(s&&Date.now()-Date.parse(s.dataset.at)>${STALE_MS})s.hidden=false})()`

/**
 * What a browser is told to refuse: everything but the page's own style, its one script, a logo, and subscribing at the
 * control plane's own address.
 */
export const contentPolicy = (publicUrl: string): string =>
  [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    'img-src https: data:',
    `script-src 'sha256-${createHash('sha256').update(SCRIPT).digest('base64')}'`,
    "base-uri 'none'",
    `form-action 'self' ${new URL(publicUrl).origin}`,
    "frame-ancestors 'none'",
  ].join('; ')

export const glyph = (mark: Mark): Markup => markup`<svg class="i" aria-hidden="true"><use href="#s-${mark}"/></svg>`

/** Glyph, word and colour of a status. */
export const statusTag = (words: Words, status: ComponentStatus): Markup =>
  markup`<span class="st ${MARK[status]}">${glyph(MARK[status])}${words.status[status]}</span>`

export const time = (at: Date, shown: Markup | string): Markup =>
  markup`<time datetime="${at.toISOString()}">${shown}</time>`

/** A whole page. `up` leads from its folder to the first page's: empty or `../`. */
export const layout = (
  words: Words,
  record: Pick<StatusRecord, 'settings' | 'asOf'>,
  { title, up, body }: { title: string; up: string; body: Markup },
): string => {
  const { name, logoUrl } = record.settings
  const whole = words.title(name)
  const logo = logoUrl
    ? markup`<img src="${logoUrl}" alt="">`
    : markup`<svg class="mark" aria-hidden="true"><use href="#s-tally"/></svg>`
  return markup`<!doctype html>
<html lang="${words.lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${title} · ${whole}</title>
<link rel="alternate" type="application/atom+xml" title="${words.atom}" href="${up}history.atom"><link rel="alternate" type="application/rss+xml" title="${words.rss}" href="${up}history.rss"><link rel="icon" href="data:,">
<style>${trusted(pageStyle())}</style></head>
<body>${SYMBOLS}
<header><div class="w">${logo}<a class="home" href="${up}index.html">${whole}</a><a class="btn" href="${up}index.html#subscribe">${words.subscribe}</a></div></header>
<main class="w"><p class="stale" id="stale" role="status" data-at="${record.asOf.toISOString()}" hidden>${words.stale} ${words.asOf(moment(words, record.asOf))}</p>
${body}</main>
<footer><div class="w"><span>${words.generated(moment(words, record.asOf))}</span><span>${words.runWith}</span></div></footer>
<script>${trusted(SCRIPT)}</script></body></html>
`.text
}

const saidAt = (words: Words, at: Date) => time(at, markup`${clock(words, at)}<span>${date(words, at)}</span>`)

/** One update as the public reads it. */
export const updateItem = (words: Words, update: PublicUpdate): Markup => {
  const kind = words.kind[update.kind]
  const head = kind ? `${words.state[update.state]} · ${kind}` : words.state[update.state]
  const note = update.correctedBy === null ? null : markup`<p class="dim">${words.correctedBy(update.correctedBy)}</p>`
  return markup`<li id="u${update.number}">${saidAt(words, update.displayAt)}<div><b>${head}</b><p class="pre">${update.text ?? words.retracted}</p>${note}</div></li>`
}

/** What of it is affected and how, in one line. */
export const affectedLine = (words: Words, record: StatusRecord, incident: PublicIncident): string =>
  incident.components
    .flatMap(({ id, status }) => {
      const component = record.components.find((one) => one.id === id)
      if (!component || (incident.isOpen && status === 'operational')) return []
      return incident.isOpen ? `${component.name}: ${words.status[status].toLowerCase()}.` : `${component.name}.`
    })
    .join(' ')

export const lengthOf = (words: Words, { startedAt, resolvedAt }: PublicIncident, now: Date): string =>
  duration(words, (resolvedAt ?? now).getTime() - startedAt.getTime())

/** An incident that is over, as a row of a list. */
export const pastItem = (words: Words, record: StatusRecord, incident: PublicIncident, textLength = 200): Markup => {
  const last =
    incident.updates.find(({ text, state }) => text !== null && state !== 'postmortem')?.text ?? words.retracted
  const text = last.length > textLength ? `${last.slice(0, textLength).trimEnd()}…` : last
  return markup`<li>${time(incident.startedAt, date(words, incident.startedAt))}<div><a href="i/${incident.incident}.html">${incident.title}</a><p>${text}</p></div><span class="r">${statusTag(words, incident.worst)}<span class="dur">${lengthOf(words, incident, record.asOf)}</span></span></li>`
}
