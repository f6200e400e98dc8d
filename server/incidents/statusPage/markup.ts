/** Markup that is safe as it stands: made only by `markup` and `trusted`. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Part = Markup | string | number | null | undefined | false | readonly Part[]

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text for HTML and XML, in elements and in quoted attributes; characters that XML forbids are left out. */
export const escapeText = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex -- these are the ones
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"']/g, (one) => ENTITIES[one]!)

const write = (part: Part): string => {
  if (part === null || part === undefined || part === false) return ''
  if (part instanceof Markup) return part.text
  if (typeof part === 'object') return part.map(write).join('')
  return escapeText(String(part))
}

/** HTML or XML in which every value is escaped unless it is markup itself. */
export const markup = (strings: TemplateStringsArray, ...parts: Part[]): Markup =>
  new Markup(strings.map((text, n) => text + (n < parts.length ? write(parts[n]) : '')).join(''))

/** Text of our own that is markup already. Never text that anybody entered. */
export const trusted = (text: string): Markup => new Markup(text)
