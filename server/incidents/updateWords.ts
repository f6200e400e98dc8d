import type { UpdateView } from './channel.ts'
import { shorten } from './graphemes.ts'

const clock = (at: Date) => `${at.toISOString().slice(11, 16)} UTC`

/** `under_maintenance` as people say it. */
export const plainWord = (word: string): string => word.replaceAll('_', ' ')
const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1)

/** What kind of word an update begins with: `Identified`, `Correction`, `DRILL: Identified`. */
export const stateWord = ({ kind, state, isDrill }: UpdateView): string => {
  const word = kind === 'correction' ? 'Correction' : kind === 'retraction' ? 'Retracted' : capital(plainWord(state))
  return isDrill ? `DRILL: ${word}` : word
}

/** `Next update by 03:45 UTC.`, or nothing where none is promised. */
export const promiseWords = ({ nextUpdateAt }: UpdateView): string =>
  nextUpdateAt ? `Next update by ${clock(nextUpdateAt)}.` : ''

/** `Image registry, ams1: partial outage` a component. */
export const componentWords = ({ components }: UpdateView): string[] =>
  components.map(({ name, region, status }) => `${name}${region ? `, ${region}` : ''}: ${plainWord(status)}`)

/** Which incident, which update's time: no two updates of an account read the same. */
const head = (update: UpdateView) => `${stateWord(update)} (${update.incident}, ${clock(update.at)})`

const joined = (parts: readonly string[]) => parts.filter((part) => part !== '').join(' ')

/**
 * An update as one paragraph: the fullest of its forms that fits, down to state, title and link; a title that is too long
 * even then is cut. `link: false` leaves the link out.
 */
export const paragraph = (
  update: UpdateView,
  fits: (text: string) => boolean,
  { link = true, title = false }: { link?: boolean; title?: boolean } = {},
): string => {
  const url = link ? update.link : ''
  const said = title ? `${update.title}. ${update.text}` : update.text
  const forms = [
    joined([`${head(update)}:`, said, promiseWords(update), url]),
    joined([`${head(update)}:`, update.text, promiseWords(update), url]),
    joined([`${head(update)}:`, update.text, url]),
    joined([`${head(update)}: ${update.title}.`, promiseWords(update), url]),
    joined([`${head(update)}: ${update.title}.`, url]),
  ]
  const short = shorten(update.title, (cut) => fits(joined([`${head(update)}: ${cut}`, url])))
  return forms.find(fits) ?? joined([`${head(update)}: ${short}`, url])
}

/** An update as a message of several lines: headline, text, components, promise, link. Fitted as `paragraph` is. */
export const message = (update: UpdateView, fits: (text: string) => boolean): string => {
  const headline = `${head(update)} ${update.title}`
  const tail = [promiseWords(update), update.link].filter((line) => line !== '')
  const forms = [
    [headline, update.text, ...componentWords(update), ...tail].join('\n'),
    [headline, update.text, ...tail].join('\n'),
  ]
  return forms.find(fits) ?? paragraph(update, fits)
}
