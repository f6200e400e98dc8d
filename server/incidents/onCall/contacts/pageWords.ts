import type { UpdateView } from '../../channel.ts'

/** What a message about a page says. */
export type PageView = {
  page: string
  title: string
  body: string
  openedAt: Date
  /** 0 is the first message; more say that nobody answered. */
  round: number
  /** Opens the page with its button; good without signing in. */
  ackUrl: string
  /** POSTed to it acknowledges at once: for buttons in the message itself. */
  ackNowUrl: string
  incident: string | null
  isDrill: boolean
}

const clock = (at: Date) => `${at.toISOString().slice(11, 16)} UTC`

/** `DRILL: pulls fail`: one line, whatever the alert was called. */
export const headline = ({ title, isDrill }: PageView): string => `${isDrill ? 'DRILL: ' : ''}${title}`

/** All of it as plain text. */
export const pageText = (view: PageView): string =>
  [
    headline(view),
    ...(view.body === '' ? [] : [view.body]),
    `Since ${clock(view.openedAt)}.${view.round > 0 ? ` Message ${view.round + 1}: nobody has acknowledged.` : ''}`,
    `Acknowledge: ${view.ackUrl}`,
  ].join('\n')

/** The same as far as a short message goes, link included. */
export const shortText = (view: PageView, most: number): string => {
  const tail = ` ${view.ackUrl}`
  return `${headline(view)
    .slice(0, Math.max(0, most - tail.length))
    .toWellFormed()}${tail}`
}

/** For channels of updates that are used to reach one person. */
export const asUpdate = (view: PageView): UpdateView => ({
  incident: view.page,
  title: headline(view),
  state: 'investigating',
  impact: 'critical',
  number: view.round + 1,
  kind: 'update',
  text: view.body,
  components: [],
  at: view.openedAt,
  nextUpdateAt: null,
  link: view.ackUrl,
  isDrill: view.isDrill,
})
