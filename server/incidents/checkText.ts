import { openNames } from './fillTemplate.ts'

export type Check = { ok: boolean; words: string }

/** An IPv4 address, or something that can only be an IPv6 one. */
const ADDRESS = /\b\d{1,3}(?:\.\d{1,3}){3}\b|(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}/i

export type ToCheck = {
  text: string
  overrides: Readonly<Record<string, string>>
  /** Names that must not leave the house. */
  hosts: readonly string[]
  accounts: readonly string[]
  nextUpdateMinutes: number | null
  /** Whether an update is owed after this one. */
  goesOn: boolean
}

/** What to look at before an update goes out; all of it is advice. */
export const checkText = ({ text, overrides, hosts, accounts, nextUpdateMinutes, goesOn }: ToCheck): Check[] => {
  const all = [text, ...Object.values(overrides)].join('\n')
  const words = new Set(all.toLowerCase().match(/[\w.-]+\w/g) ?? [])
  const host = hosts.find((name) => words.has(name.toLowerCase()))
  // An account's name may be a plain word; only those that are none are looked for.
  const account = accounts.find((name) => /[-\d]/.test(name) && words.has(name.toLowerCase()))
  const address = ADDRESS.exec(all)?.[0]
  const named = host ?? account ?? address
  const open = openNames(all)
  return [
    {
      ok: named === undefined,
      words: named
        ? `"${named}" is in the text; it should stay in the house`
        : 'No host, account or address in the text',
    },
    ...(open.length > 0 ? [{ ok: false, words: `Nothing was put in for {{${open.join('}}, {{')}}}` }] : []),
    ...(text.trim() === '' ? [{ ok: false, words: 'The text is empty' }] : []),
    ...(goesOn
      ? [
          {
            ok: nextUpdateMinutes !== null && nextUpdateMinutes <= 60,
            words:
              nextUpdateMinutes === null
                ? 'No next update is promised'
                : nextUpdateMinutes <= 60
                  ? `Next update within ${nextUpdateMinutes} min`
                  : `The next update is ${nextUpdateMinutes} min away; people expect one an hour`,
          },
        ]
      : []),
  ]
}
