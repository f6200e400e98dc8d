import { markup, type Markup } from './markup.ts'

const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\[([^\]\n]{1,300})\]\((https?:\/\/[^\s()<>"]{1,500})\)/g
const HEADING = /^#{1,6} +(.*)$/
const ITEM = /^ {0,3}(?:[-*]|\d{1,3}\.) +(.*)$/

/** Code, bold and links to http addresses; everything else is text as it stands. */
const inline = (text: string): Markup[] => {
  const parts: Markup[] = []
  let from = 0
  for (const found of text.matchAll(INLINE)) {
    const [whole, code, bold, label, href] = found
    parts.push(markup`${text.slice(from, found.index)}`)
    if (code !== undefined) parts.push(markup`<code>${code}</code>`)
    else if (bold !== undefined) parts.push(markup`<b>${bold}</b>`)
    else parts.push(markup`<a href="${href}" rel="nofollow noopener">${label}</a>`)
    from = found.index + whole.length
  }
  return [...parts, markup`${text.slice(from)}`]
}

type Block = { kind: 'heading' | 'item' | 'text'; text: string } | { kind: 'gap' }

const blockOf = (line: string): Block => {
  if (line.trim() === '') return { kind: 'gap' }
  const heading = HEADING.exec(line)?.[1]
  if (heading !== undefined) return { kind: 'heading', text: heading }
  const item = ITEM.exec(line)?.[1]
  return item === undefined ? { kind: 'text', text: line.trim() } : { kind: 'item', text: item }
}

/**
 * The little of Markdown that a postmortem is written in: headings (all of one rank, the page has its own above), lists,
 * paragraphs, bold, code and links. HTML in it is text.
 */
export const markdown = (text: string): Markup => {
  const out: Markup[] = []
  let items: Markup[] = []
  let lines: string[] = []
  const end = () => {
    if (items.length > 0) out.push(markup`<ul>${items}</ul>`)
    if (lines.length > 0) out.push(markup`<p>${inline(lines.join('\n'))}</p>`)
    items = []
    lines = []
  }
  for (const block of text.split(/\r?\n/).map(blockOf)) {
    if (block.kind === 'item' && lines.length === 0) items.push(markup`<li>${inline(block.text)}</li>`)
    else if (block.kind === 'text' && items.length === 0) lines.push(block.text)
    else {
      end()
      if (block.kind === 'heading') out.push(markup`<h3>${inline(block.text)}</h3>`)
      if (block.kind === 'item') items.push(markup`<li>${inline(block.text)}</li>`)
      if (block.kind === 'text') lines.push(block.text)
    }
  }
  end()
  return markup`${out}`
}
