const LINK = 23
/** Hosts that X makes links of have a top-level domain of letters; addresses and bare names stay text. */
const URLS = /https?:\/\/(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?::\d+)?(?:[/?#]\S*)?/giu
const BARE = /(?<![\p{L}\p{N}@./:-])(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?:\/\S*)?/giu
const LIGHT: readonly (readonly [number, number])[] = [
  [0, 4351],
  [8192, 8205],
  [8208, 8223],
  [8242, 8247],
]

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|\u20e3/u

const plainWeight = (text: string): number => {
  let weight = 0
  for (const { segment } of graphemes.segment(text)) {
    if (EMOJI.test(segment) && !/^[©®™]$/u.test(segment)) weight += 2
    else
      for (const letter of segment) {
        const code = letter.codePointAt(0)!
        weight += LIGHT.some(([from, to]) => code >= from && code <= to) ? 1 : 2
      }
  }
  return weight
}

/**
 * How much of X's 280 a text takes: most of Latin, Greek, Cyrillic, Arabic and Hebrew 1, all else and any emoji 2, a link
 * 23. A name such as `example.com` may become a link, so the greater of both is counted.
 * Source: twitter-text 3, configuration v3 (docs.x.com/fundamentals/counting-characters).
 */
export const xWeight = (text: string): number => {
  let links = 0
  const rest = text
    .normalize('NFC')
    .replace(URLS, () => {
      links += LINK
      return ''
    })
    .replace(BARE, (name) => {
      links += Math.max(LINK, plainWeight(name))
      return ''
    })
  return links + plainWeight(rest)
}
