import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contrast, palette, properties } from './oklch.ts'

const css = readFileSync(join(import.meta.dirname, '../../app/tokens.css'), 'utf8')
const block = (pattern: RegExp) => properties(pattern.exec(css)?.[1] ?? '')
const base = block(/^:root \{(.*?)^\}/ms)
const more = new Map([...base, ...block(/prefers-contrast: more\) \{\s*:root \{(.*?)\}/s)])

const SURFACES = ['page', 'panel', 'raised', 'sunken', 'hover', 'selected'].map((name) => `--surface-${name}`)
const STATES = ['operational', 'degraded', 'partial', 'major', 'maintenance', 'unknown']
const PAPER = ['--surface-page', '--surface-panel', '--surface-raised']

/** Foreground, backgrounds, least ratio in light and dark. */
type Claim = readonly [string, readonly string[], number, number]

const CLAIMS: readonly Claim[] = [
  ['--text-1', ['--surface-page'], 15.5, 16],
  ['--text-2', ['--surface-page'], 7.8, 9.5],
  ['--text-3', ['--surface-page'], 5.2, 6.5],
  ['--text-1', SURFACES, 12, 12],
  ['--text-2', SURFACES, 7, 7],
  ['--text-3', SURFACES, 4.5, 4.5],
  ['--text-inverse', ['--surface-inverse'], 12, 12],
  ['--accent-text', SURFACES, 4.5, 4.5],
  ['--accent-text', ['--accent-tint'], 4.5, 4.5],
  ['--danger-text', [...PAPER, '--danger-tint'], 4.5, 4.5],
  ['--on-accent', ['--accent', '--accent-hover'], 6.5, 7.5],
  ['--on-danger', ['--danger', '--danger-hover'], 6.4, 6.4],
  ['--border-control', PAPER, 3, 3],
  ['--focus-color', SURFACES, 4.5, 4.5],
  ['--accent', PAPER, 3, 3],
  ['--rail-text', ['--rail-surface', '--rail-hover', '--rail-selected'], 7, 7],
  ['--rail-text-2', ['--rail-surface', '--rail-hover', '--rail-selected'], 4.5, 4.5],
  ['--chart-axis', ['--surface-panel'], 4.5, 4.5],
  ['--chart-limit', ['--surface-panel'], 7, 7],
  ...STATES.map((state): Claim => [`--status-${state}-text`, [`--status-${state}-tint`], 6, 6.6]),
  ...STATES.map((state): Claim => [
    `--status-${state}-text`,
    [...PAPER, '--surface-hover', '--surface-selected'],
    4.5,
    4.5,
  ]),
  ...STATES.map((state): Claim => [`--status-${state}-solid`, ['--surface-panel'], 3, 3]),
  ...STATES.map((state): Claim => ['--text-1', [`--status-${state}-tint`], 10, 10]),
  ...STATES.map((state): Claim => ['--text-2', [`--status-${state}-tint`], 4.5, 4.5]),
  ['--series-1', ['--surface-panel'], 3, 3],
  ['--series-3', ['--surface-panel'], 3, 3],
]

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  const colour = palette(base, theme)

  it.each(
    CLAIMS.flatMap(([front, backs, light, dark]) => backs.map((back) => ({ front, back, least: { light, dark } }))),
  )('$front on $back keeps its contrast', ({ front, back, least }) => {
    expect(contrast(colour(front), colour(back))).toBeGreaterThanOrEqual(least[theme])
  })

  it('status solids get darker as things get worse, so that their order survives greyscale', () => {
    const [degraded, partial, major] = ['degraded', 'partial', 'major'].map(
      (state) => colour(`--status-${state}-solid`).l,
    )
    expect(degraded).toBeGreaterThan(partial ?? Infinity)
    expect(partial).toBeGreaterThan(major ?? Infinity)
  })

  it('the load ramp goes one way in lightness, in steps that can be told apart', () => {
    const ramp = [0, 1, 2, 3, 4, 5].map((step) => colour(`--heat-${step}`).l)
    const steps = ramp.slice(1).map((lightness, at) => (lightness - (ramp[at] ?? 0)) * (theme === 'light' ? -1 : 1))
    for (const step of steps) expect(step).toBeGreaterThan(0.06)
  })

  it('more contrast means at least 7 to 1 for all text on the page', () => {
    const sharp = palette(more, theme)
    for (const name of ['--text-1', '--text-2', '--text-3']) {
      expect(contrast(sharp(name), sharp('--surface-page'))).toBeGreaterThanOrEqual(7)
    }
  })
})

describe('components', () => {
  const files = ['base', 'control', 'panel', 'table', 'float', 'chart'].map((name) => `../../app/ui/${name}.css`)

  it.each([...files, '../../app/shell/shell.css'])('%s uses tokens only, never a literal colour', (file) => {
    const written = readFileSync(join(import.meta.dirname, file), 'utf8').replaceAll(/\/\*.*?\*\//gs, '')
    expect(
      written.match(/#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|oklab|color)a?\([^)]*\)|:\s*(?:white|black|red)\b/gi),
    ).toBeNull()
  })

  it('no style names a token that does not exist', () => {
    const own = new Set(['--tint', '--line', '--solid', '--dialog-width', '--available-height', '--width'])
    for (const file of [...files, '../../app/shell/shell.css']) {
      const written = readFileSync(join(import.meta.dirname, file), 'utf8')
      const used = [...written.matchAll(/var\((--[\w-]+)/g)].map(([, name = '']) => name)
      expect(used.filter((name) => !base.has(name) && !own.has(name))).toEqual([])
    }
  })
})
