/** A README as blocks: a small, safe part of Markdown. What is not understood stays text; HTML is text. */
export type Block = { line: number } & Content
type Content =
  | { kind: 'heading'; level: 1 | 2 | 3; text: Inline[] }
  | { kind: 'paragraph'; text: Inline[] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'list'; ordered: boolean; items: { line: number; words: Inline[] }[] }
  | { kind: 'quote'; text: Inline[] }
  | { kind: 'rule' }
/** `at` is where in its line it begins. */
export type Inline = { at: number; text: string } & (
  | { kind: 'text' | 'code' | 'strong' | 'emphasis' }
  | { kind: 'link'; href: string }
)

const MOST_CHARACTERS = 100_000
const MOST_BLOCKS = 1_000

/** A link's target where it leads to another site by HTTP; anything else is no link. */
const safeHref = (href: string): string | undefined => {
  const url = URL.parse(href)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : undefined
}

// Each part is bounded and holds no other, so that matching takes linear time whatever is written.
const PARTS =
  /`([^`\n]{1,500})`|\*\*([^*\n]{1,500})\*\*|(?<![\w*])\*([^*\s][^*\n]{0,500})\*|!?\[([^\]\n]{0,300})\]\(([^()\s]{1,1000})\)|(https?:\/\/[^\s<>()]{1,1000}[^\s<>().,;:!?'"*_`])/g

/** Words with code, strong, emphasis and links. Images become links: nothing is loaded from elsewhere. */
export const inlineOf = (text: string): Inline[] => {
  const found: Inline[] = []
  let from = 0
  const take = (until: number) => {
    if (until > from) found.push({ at: from, kind: 'text', text: text.slice(from, until) })
  }
  for (const match of text.matchAll(PARTS)) {
    const [whole, code, strong, emphasis, label, href, bare] = match
    const target = href ?? bare
    const safe = target === undefined ? undefined : safeHref(target)
    if (target !== undefined && safe === undefined) continue
    take(match.index)
    from = match.index + whole.length
    if (code !== undefined) found.push({ at: match.index, kind: 'code', text: code })
    else if (strong !== undefined) found.push({ at: match.index, kind: 'strong', text: strong })
    else if (emphasis !== undefined) found.push({ at: match.index, kind: 'emphasis', text: emphasis })
    else if (safe !== undefined) found.push({ at: match.index, kind: 'link', text: label || bare || safe, href: safe })
  }
  take(text.length)
  return found
}

const FENCE = /^\s{0,3}(?:```|~~~)\s*([\w+-]{0,30})/
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/
const BULLET = /^\s{0,6}[-*+]\s+(.*)$/
const NUMBER = /^\s{0,6}\d{1,4}[.)]\s+(.*)$/
const QUOTE = /^\s{0,3}>\s?(.*)$/
const RULE = /^\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/

/** Reads a text as blocks. Never throws; so many blocks at most. */
export const blocksOf = (markdown: string): Block[] => {
  const lines = markdown.slice(0, MOST_CHARACTERS).replaceAll('\r\n', '\n').split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length && blocks.length < MOST_BLOCKS;) {
    const { block, next } = blockAt(lines, at)
    if (block) blocks.push({ line: at, ...block })
    at = next
  }
  return blocks
}

const blockAt = (lines: readonly string[], at: number): { block?: Content; next: number } => {
  const line = lines[at] ?? ''
  if (line.trim() === '') return { next: at + 1 }
  const fence = FENCE.exec(line)
  if (fence) {
    const end = lines.findIndex((one, index) => index > at && /^\s{0,3}(?:```|~~~)\s*$/.test(one))
    const last = end < 0 ? lines.length : end
    const text = lines.slice(at + 1, last).join('\n')
    return { block: { kind: 'code', language: fence[1] ?? '', text }, next: last + 1 }
  }
  const heading = HEADING.exec(line)
  if (heading) {
    const level = Math.min(heading[1]?.length ?? 1, 3) as 1 | 2 | 3
    return { block: { kind: 'heading', level, text: inlineOf(heading[2] ?? '') }, next: at + 1 }
  }
  if (RULE.test(line)) return { block: { kind: 'rule' }, next: at + 1 }
  if (QUOTE.test(line)) {
    const quoted = run(lines, at, (one) => QUOTE.exec(one)?.[1])
    return { block: { kind: 'quote', text: inlineOf(quoted.join(' ')) }, next: at + quoted.length }
  }
  const pattern = [BULLET, NUMBER].find((one) => one.test(line))
  if (pattern) {
    const items = run(lines, at, (one) => pattern.exec(one)?.[1])
    return {
      block: {
        kind: 'list',
        ordered: pattern === NUMBER,
        items: items.map((item, index) => ({ line: at + index, words: inlineOf(item) })),
      },
      next: at + items.length,
    }
  }
  const words = run(lines, at, (one, index) =>
    one.trim() === '' || (index > at && [FENCE, HEADING, RULE, QUOTE, BULLET, NUMBER].some((begin) => begin.test(one)))
      ? undefined
      : one.trim(),
  )
  return { block: { kind: 'paragraph', text: inlineOf(words.join(' ')) }, next: at + words.length }
}

/** What `read` makes of the lines from `at` on, until it makes nothing of one. */
const run = (
  lines: readonly string[],
  at: number,
  read: (line: string, index: number) => string | undefined,
): string[] => {
  const found: string[] = []
  for (let index = at; index < lines.length; index += 1) {
    const text = read(lines[index] ?? '', index)
    if (text === undefined) break
    found.push(text)
  }
  return found
}
