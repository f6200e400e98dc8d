const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** What readers see as one character each: an emoji with its skin tone and joiners is one. */
export const graphemes = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment)

/** Bytes of a text in UTF-8. */
export const bytesOf = (text: string): number => Buffer.byteLength(text, 'utf8')

/** The longest beginning that fits, ended by `…` where something was cut, at a space where one is near. */
export const shorten = (text: string, fits: (text: string) => boolean): string => {
  if (fits(text)) return text
  const parts = graphemes(text)
  let low = 0
  let high = parts.length
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(`${parts.slice(0, middle).join('')}…`)) low = middle
    else high = middle - 1
  }
  const kept = parts.slice(0, low).join('')
  const space = kept.lastIndexOf(' ')
  return `${(space > kept.length * 0.7 ? kept.slice(0, space) : kept).trimEnd()}…`
}
