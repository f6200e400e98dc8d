import { linkOf, publicId } from './api.ts'
import { markup, type Markup } from './markup.ts'
import type { PublicIncident, StatusRecord } from './record.ts'
import { moment } from './time.ts'
import type { Words } from './words.ts'

const FEED_ROWS = 25

const newest = ({ incidents }: StatusRecord) =>
  incidents.toSorted((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime()).slice(0, FEED_ROWS)

/** When anything of it last changed; a feed of nothing began when the page did. */
const changedAt = (record: StatusRecord): Date => newest(record)[0]?.updatedAt ?? new Date(0)

/** Never reused, whatever host name the page moves to. */
const tagOf = (incident: PublicIncident): string =>
  `tag:wharfinger,${incident.createdAt.toISOString().slice(0, 10)}:incident/${publicId('incident', incident.id)}`

/** An incident's updates, newest first, as HTML that a feed carries escaped. */
const content = (words: Words, { updates }: PublicIncident): string =>
  updates
    .map(({ displayAt, state, kind, text }) => {
      const head = words.kind[kind] ? `${words.state[state]} · ${words.kind[kind]}` : words.state[state]
      return markup`<p><small>${moment(words, displayAt)}</small><br><strong>${head}</strong>: ${text ?? words.retracted}</p>`
        .text
    })
    .join('')

/** The newest incidents and maintenances as an Atom feed (RFC 4287). */
export const atomFeed = (words: Words, record: StatusRecord): string => {
  const entries = newest(record).map(
    (
      one,
    ): Markup => markup`<entry><id>${tagOf(one)}</id><title>${one.title}</title><published>${one.createdAt.toISOString()}</published><updated>${one.updatedAt.toISOString()}</updated><link rel="alternate" type="text/html" href="${linkOf(record, one)}"/><content type="html">${content(words, one)}</content></entry>
`,
  )
  const title = words.title(record.settings.name)
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<feed xml:lang="${words.lang}" xmlns="http://www.w3.org/2005/Atom"><id>${`${record.url}/history.atom`}</id><title>${title}</title><updated>${changedAt(record).toISOString()}</updated><author><name>${title}</name></author><link rel="self" type="application/atom+xml" href="${`${record.url}/history.atom`}"/><link rel="alternate" type="text/html" href="${record.url}"/>
${entries}</feed>
`.text
}

/** The same as RSS 2.0. */
export const rssFeed = (words: Words, record: StatusRecord): string => {
  const items = newest(record).map(
    (
      one,
    ): Markup => markup`<item><title>${one.title}</title><description>${content(words, one)}</description><pubDate>${one.updatedAt.toUTCString()}</pubDate><link>${linkOf(record, one)}</link><guid isPermaLink="false">${tagOf(one)}</guid></item>
`,
  )
  const title = words.title(record.settings.name)
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>${title}</title><link>${record.url}</link><atom:link href="${`${record.url}/history.rss`}" rel="self" type="application/rss+xml"/><description>${title}</description><language>${words.lang}</language><lastBuildDate>${changedAt(record).toUTCString()}</lastBuildDate>
${items}</channel></rss>
`.text
}
