import { defineCommand } from 'citty'
import type { ArgsDef, CommandContext, CommandDef, SubCommandsDef } from 'citty'
import { usage } from './failure.ts'

const camel = (name: string) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** citty takes any option and any number of words: a slip must not pass for the default. */
const requireKnown = (given: Record<string, unknown> & { _: string[] }, args: ArgsDef) => {
  const known = new Set(Object.keys(args).flatMap((name) => [name, camel(name)]))
  const stray = Object.keys(given).find((name) => name !== '_' && !known.has(name))
  if (stray) throw usage(`unknown option --${stray}; see --help`)
  const empty = Object.entries(args).find(([name, { type }]) => type === 'string' && given[name] === '')
  if (empty) throw usage(`--${empty[0]} needs a value`)
  const words = Object.values(args).filter(({ type }) => type === 'positional').length
  if (given._.length > words) throw usage(`one word too many: ${String(given._[words])}; see --help`)
}

type Args<T extends ArgsDef> = CommandContext<T & { json: { type: 'boolean' } }>['args']

/** One verb of a noun: `wharf host list`. Every verb takes `--json`. */
export const verb = <const T extends ArgsDef>(
  description: string,
  args: T,
  run: (args: Args<T>) => Promise<void>,
): CommandDef => {
  const all = { ...args, json: { type: 'boolean', description: 'Print JSON.' } } as T & { json: { type: 'boolean' } }
  return defineCommand({
    meta: { description },
    args: all,
    run: async (context) => {
      requireKnown(context.args as unknown as Record<string, unknown> & { _: string[] }, all)
      await run(context.args as unknown as Args<T>)
    },
  }) as unknown as CommandDef
}

/** A noun with its verbs. */
export const noun = (description: string, subCommands: SubCommandsDef): CommandDef =>
  defineCommand({ meta: { description }, subCommands })

/** An option's whole number. @throws Failure (usage) */
export const whole = (name: string, value: string | undefined, least = 0): number | undefined => {
  if (value === undefined) return undefined
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= least) return number
  throw usage(`--${name} is a whole number${least > 0 ? ` of ${least} or more` : ''}, not "${value}"`)
}

/** An option's choice among a few. @throws Failure (usage) */
export const oneOf = <const V extends string>(
  name: string,
  value: string | undefined,
  options: readonly V[],
): V | undefined => {
  if (value === undefined) return undefined
  const found = options.find((option) => option === value)
  if (found) return found
  throw usage(`--${name} is one of ${options.join(', ')}, not "${value}"`)
}
