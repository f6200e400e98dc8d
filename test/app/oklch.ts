/** Colours of `tokens.css`, resolved for one theme: lightness, chroma, hue in degrees, alpha. */
export type Oklch = { l: number; c: number; h: number; a: number }

/** Linear sRGB, clipped to the gamut as a screen does. CSS Color 4, section 10. */
export function linearRgb({ l, c, h }: Oklch): [number, number, number] {
  const a = c * Math.cos((h * Math.PI) / 180)
  const b = c * Math.sin((h * Math.PI) / 180)
  const long = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const medium = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (l - 0.0894841775 * a - 1.291485548 * b) ** 3
  const clip = (x: number) => Math.min(1, Math.max(0, x))
  return [
    clip(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
    clip(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
    clip(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
  ]
}

/** WCAG 2 relative luminance. */
export function luminance(colour: Oklch): number {
  const [r, g, b] = linearRgb(colour)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** WCAG 2 contrast ratio of two opaque colours, 1 to 21. */
export function contrast(one: Oklch, other: Oklch): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

const parse = (text: string): Oklch | undefined => {
  const found = /^oklch\(\s*([\d.]+)\s+([\d.]+)\s+([\d.]+)\s*(?:\/\s*([\d.]+))?\s*\)$/.exec(text.trim())
  if (!found) return undefined
  const [, l, c, h, a] = found
  return { l: Number(l), c: Number(c), h: Number(h), a: a === undefined ? 1 : Number(a) }
}

/** Splits `light-dark(a, b)` at its own comma. */
function sides(text: string): [string, string] | undefined {
  const inner = /^light-dark\((.*)\)$/s.exec(text.trim())?.[1]
  if (inner === undefined) return undefined
  let depth = 0
  for (let at = 0; at < inner.length; at++) {
    if (inner[at] === '(') depth++
    if (inner[at] === ')') depth--
    if (inner[at] === ',' && depth === 0) return [inner.slice(0, at), inner.slice(at + 1)]
  }
  return undefined
}

/** Every custom property of a block of CSS, as written. */
export function properties(css: string): Map<string, string> {
  const bare = css.replaceAll(/\/\*.*?\*\//gs, '')
  return new Map(
    [...bare.matchAll(/(--[\w-]+)\s*:\s*([^;]+);/g)].map(([, name = '', value = '']) => [name, value.trim()]),
  )
}

/** Looks a token up in one theme, following `var()`. Throws for a name that is no colour. */
export function palette(tokens: ReadonlyMap<string, string>, theme: 'light' | 'dark'): (name: string) => Oklch {
  const resolve = (value: string, seen: number): Oklch => {
    const pair = sides(value)
    const one = pair ? pair[theme === 'light' ? 0 : 1] : value
    const reference = /^var\((--[\w-]+)\)$/.exec(one.trim())?.[1]
    const colour = reference && seen < 8 ? resolve(tokens.get(reference) ?? '', seen + 1) : parse(one)
    if (!colour) throw new Error(`not a colour in ${theme}: ${value}`)
    return colour
  }
  return (name) => resolve(tokens.get(name) ?? '', 0)
}
