import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editIncident } from '#server/incidents/editIncident.ts'
import { statusFiles } from '#server/incidents/statusPage/files.ts'
import { markdown } from '#server/incidents/statusPage/markdown.ts'
import { readRecord } from '#server/incidents/statusPage/record.ts'
import { WORDS, type Words } from '#server/incidents/statusPage/words.ts'
import { testDatabase } from '../../support/database.ts'
import { buildStory } from './statusStory.ts'
import { minuteAt } from './wharf.ts'

/** Every word of a table in brackets that nothing else uses. */
const marked = (of: unknown): unknown => {
  if (typeof of === 'string') return of === '' ? '' : `⟦${of}⟧`
  if (typeof of === 'function') return (...given: unknown[]) => `⟦${String(Reflect.apply(of, undefined, given))}⟧`
  return Object.fromEntries(Object.entries(of as object).map(([name, inner]) => [name, marked(inner)]))
}

/** What the record itself says, names of its parts left out. */
const valuesIn = (of: unknown): string[] => {
  if (typeof of === 'string') return [of]
  return typeof of === 'object' && of !== null ? Object.values(of).flatMap(valuesIn) : []
}

/** What people read of a page: its text, and what is said to those who do not see it. */
const readable = (html: string): string => {
  const body = html.replace(/<style>.*?<\/style>|<script>.*?<\/script>/gs, ' ')
  const said = [...body.matchAll(/\s(?:aria-label|title|alt|placeholder)="([^"]*)"/g)].map(([, text]) => text)
  return [...said, body.replace(/<[^>]*>/g, ' ')].join(' ')
}

const withoutMarked = (text: string): string => {
  for (let left = text; ;) {
    const less = left.replace(/⟦[^⟦⟧]*⟧/g, ' ')
    if (less === left) return left
    left = less
  }
}

test('a translation is a table: no page says a word of its own', async () => {
  const { sql } = await testDatabase()
  const story = await buildStory(sql)
  await editIncident(story.ctx(-1), story.past, { postmortem: '## Cause\n\nA disk.' })
  await story.post(-1, story.past, 'postmortem', { text: 'What we learned.' })
  const record = await readRecord(sql, 'https://wharf.example', minuteAt(60))
  const words = { ...(marked(WORDS.en) as Words), locale: 'en-GB', lang: 'en' }
  const told = valuesIn(record).join('\n')
  const files = [...statusFiles(record, words)].filter(([path]) => path.endsWith('.html') || path.endsWith('.svg'))
  expect(files.length).toBeGreaterThan(6)
  for (const [path, html] of files) {
    const rest = withoutMarked(readable(html))
      .replaceAll(/&#?\w+;/g, ' ')
      .match(/\p{L}{3,}/gu)
    const months = /^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun|UTC|INC)$/
    expect([path, (rest ?? []).filter((word) => !told.includes(word) && !months.test(word))]).toEqual([path, []])
  }
})

test('a postmortem shows its headings, lists and links, and its HTML as text', () => {
  const text =
    '# What\n\nIt **broke** at `db1`.\nTwice.\n- one\n- [two](https://example.com/a?b=1)\n\n<script>alert(1)</script>'
  expect(markdown(text).text).toBe(
    '<h3>What</h3><p>It <b>broke</b> at <code>db1</code>.\nTwice.</p>' +
      '<ul><li>one</li><li><a href="https://example.com/a?b=1" rel="nofollow noopener">two</a></li></ul>' +
      '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>',
  )
  expect(markdown('[x](javascript:alert(1)) [y](https://a"onclick=b)').text).not.toContain('<a ')
})

test('whatever is written, only its own elements come out of it, all closed', () => {
  const piece = fc.constantFrom(
    '# ',
    '- ',
    '1. ',
    '**',
    '`',
    '[a](https://b)',
    '<b onclick=x>',
    '\n',
    '\n\n',
    '&',
    '"',
    'word ',
    ']]>',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const { text } = markdown(pieces.join(''))
      const open: string[] = []
      for (const [tag, close, name] of text.matchAll(/<(\/?)(\w+)[^>]*>/g)) {
        expect(tag).toMatch(/^<\/?(?:h3|p|ul|li|b|code|a)(?: href="https:\/\/b" rel="nofollow noopener")?>$/)
        if (close) expect(open.pop()).toBe(name)
        else open.push(name!)
      }
      expect(open).toEqual([])
    }),
  )
})
