/**
 * What a parameter may be. `s` text, `n` number, `b` boolean, `d` decimal as text, `m` a map of texts, `x` unknown (not
 * looked into); `e` one of these texts (others are passed on where `open`); `o` an object's fields, of which `r` are
 * needed; `a` a list; `u` one of several.
 */
export type Shape =
  | 's'
  | 'n'
  | 'b'
  | 'd'
  | 'm'
  | 'x'
  | { e: string[]; open?: true }
  | { o: Record<string, Shape>; r?: string[] }
  | { a: Shape }
  | { u: Shape[] }

type Field = { optional: boolean; type: string }
type Scope = { types: Map<string, { fields: Map<string, Field>; bases: string[] } | string>; inner: Map<string, Scope> }

const emptyScope = (): Scope => ({ types: new Map(), inner: new Map() })

/** Where the bracket that opens at `from` closes. */
const closing = (text: string, from: number): number => {
  let depth = 0
  for (let i = from; i < text.length; i++) {
    if (text[i] === '{') depth++
    else if (text[i] === '}' && --depth === 0) return i
  }
  throw new Error('a bracket stays open')
}

const fieldsOf = (body: string): Map<string, Field> => {
  const fields = new Map<string, Field>()
  let [depth, start] = [0, 0]
  for (let i = 0; i < body.length; i++) {
    if ('{<('.includes(body[i]!)) depth++
    else if ('}>)'.includes(body[i]!)) depth--
    else if (body[i] === ';' && depth === 0) {
      const [, name, optional, type] = /^\s*'?([\w.$-]+)'?(\??):\s*([\s\S]+)$/.exec(body.slice(start, i)) ?? []
      if (name && type) fields.set(name, { optional: optional === '?', type: type.trim() })
      start = i + 1
    }
  }
  return fields
}

/** Reads the interfaces, type names and namespaces of a declaration file as the SDK's generator writes them. */
export const declarationsOf = (text: string): Scope => {
  const source = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
  const scope = emptyScope()
  read(source, scope)
  return scope
}

const read = (source: string, scope: Scope) => {
  const head =
    /(?:export )?(?:declare )?(?:(namespace|interface|class) (\w+)([^{;]*)\{|type (\w+)(?:<\w+>)? = ([^;]+);)/g
  for (let found = head.exec(source); found; found = head.exec(source)) {
    const [whole, kind, name = '', rest = '', alias, aliased = ''] = found
    if (alias) {
      scope.types.set(alias, aliased.trim())
      continue
    }
    const open = found.index + whole.length - 1
    const close = closing(source, open)
    const body = source.slice(open + 1, close)
    if (kind === 'namespace') {
      const inner = scope.inner.get(name) ?? emptyScope()
      scope.inner.set(name, inner)
      read(body, inner)
    } else if (kind === 'interface') {
      const bases = /extends (.+)$/.exec(rest.trim())?.[1]?.split(',') ?? []
      scope.types.set(name, { fields: fieldsOf(body), bases: bases.map((b) => b.trim()) })
    }
    head.lastIndex = close + 1
  }
}

const split = (type: string, by: string): string[] => {
  const parts: string[] = []
  let [depth, start] = [0, 0]
  for (let i = 0; i < type.length; i++) {
    if ('{<('.includes(type[i]!)) depth++
    else if ('}>)'.includes(type[i]!)) depth--
    else if (type[i] === by && depth === 0) {
      parts.push(type.slice(start, i).trim())
      start = i + 1
    }
  }
  return [...parts, type.slice(start).trim()].filter(Boolean)
}

/** The shape of a named type of `own`, with what it does not know looked up in `shared`. */
export const shapeOf = (name: string, own: Scope, shared: Scope, skipped: RegExp): Shape => {
  /** `way` is the namespaces from the outermost to the one a name stands in. */
  const find = (path: string[], way: Scope[]): { entry: unknown; way: Scope[] } | undefined => {
    for (let depth = way.length; depth > 0; depth--) {
      let inside: Scope[] | undefined = way.slice(0, depth)
      for (const part of path.slice(0, -1)) {
        const next: Scope | undefined = inside?.at(-1)?.inner.get(part)
        inside = inside && next ? [...inside, next] : undefined
      }
      const entry = inside?.at(-1)?.types.get(path.at(-1)!)
      if (inside && entry !== undefined) return { entry, way: inside }
    }
    return way[0] === shared ? undefined : find(path, [shared])
  }

  const named = (type: string, way: Scope[]): Shape => {
    if (type === 'MetadataParam' || type === 'Metadata') return 'm'
    if (type === 'Decimal') return 'd'
    const path = type.split('.')
    const found = find(path, way)
    if (!found) return 'x'
    if (typeof found.entry === 'string') return shape(found.entry, found.way)
    const { fields, bases } = found.entry as { fields: Map<string, Field>; bases: string[] }
    const owner = found.way.at(-1)!.inner.get(path.at(-1)!)
    const inside = owner ? [...found.way, owner] : found.way
    const o: Record<string, Shape> = {}
    const r: string[] = []
    for (const base of bases) {
      const given = named(base, way)
      if (typeof given === 'object' && 'o' in given) Object.assign(o, given.o)
    }
    for (const [field, { optional, type: fieldType }] of fields) {
      o[field] = skipped.test(field) ? 'x' : shape(fieldType, inside)
      if (!optional) r.push(field)
    }
    return r.length > 0 ? { o, r } : { o }
  }

  const shape = (type: string, way: Scope[]): Shape => {
    const options = split(type, '|').filter((t) => t !== 'null' && t !== 'undefined' && t !== "''")
    if (options.length > 0 && options.every((t) => /^'.*'$/.test(t) || t === 'OtherString')) {
      const e = options.filter((t) => t !== 'OtherString').map((t) => t.slice(1, -1))
      return options.includes('OtherString') ? { e, open: true } : { e }
    }
    if (options.length > 1) return { u: options.map((t) => shape(t, way)) }
    const [only = 'x'] = options
    const [, wrapper, inner = ''] = /^(Array|Emptyable)<([\s\S]+)>$/.exec(only) ?? []
    if (wrapper === 'Array') return { a: shape(inner, way) }
    if (wrapper === 'Emptyable') return { u: [{ e: [''] }, shape(inner, way)] }
    if (only.startsWith('{')) return only.includes('[') ? 'm' : 'x'
    if (only === 'string' || only === 'OtherString') return 's'
    if (only === 'number') return 'n'
    if (only === 'boolean' || only === 'true' || only === 'false') return 'b'
    return named(only, way)
  }
  return named(name, [own])
}
