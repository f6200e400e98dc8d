import './readme.css'
import { blocksOf, type Block, type Inline } from './markdown.ts'

/** A repository's README. Headings begin below the page's own; links say that they lead elsewhere. */
export function Readme({ text }: { text: string }) {
  return (
    <div className="readme">
      {blocksOf(text).map((block) => (
        <BlockView key={block.line} block={block} />
      ))}
    </div>
  )
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading': {
      const H = (['h3', 'h4', 'h5'] as const)[block.level - 1] ?? 'h5'
      return (
        <H>
          <Words of={block.text} />
        </H>
      )
    }
    case 'paragraph':
      return (
        <p>
          <Words of={block.text} />
        </p>
      )
    case 'code':
      return (
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      )
    case 'quote':
      return (
        <blockquote>
          <Words of={block.text} />
        </blockquote>
      )
    case 'rule':
      return <hr />
    case 'list': {
      const List = block.ordered ? 'ol' : 'ul'
      return (
        <List>
          {block.items.map(({ line, words }) => (
            <li key={line}>
              <Words of={words} />
            </li>
          ))}
        </List>
      )
    }
  }
}

function Words({ of }: { of: readonly Inline[] }) {
  return of.map((part) => {
    const key = part.at
    if (part.kind === 'code') return <code key={key}>{part.text}</code>
    if (part.kind === 'strong') return <strong key={key}>{part.text}</strong>
    if (part.kind === 'emphasis') return <em key={key}>{part.text}</em>
    if (part.kind === 'link')
      return (
        <a key={key} href={part.href} rel="nofollow noopener ugc">
          {part.text}
        </a>
      )
    return part.text
  })
}
