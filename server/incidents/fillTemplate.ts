/** Puts values in the place of `{{name}}`; a name without a value stays, so that whoever posts sees it. */
export const fillTemplate = (text: string, values: Readonly<Record<string, string>>): string =>
  begun(
    text.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (whole, name: string) =>
      Object.hasOwn(values, name) ? values[name]! : whole,
    ),
  )

/** A plain word that begins a sentence has a capital; names such as iPXE or api.example stay. */
const begun = (text: string): string =>
  text.replace(/^[a-z]+(?=[ ,:])/, (word) => word[0]!.toUpperCase() + word.slice(1))

/** Names that nothing was put in for: posting such a text would show the braces. */
export const openNames = (text: string): string[] => [
  ...new Set([...text.matchAll(/\{\{\s*([\w.]+)\s*\}\}/g)].map(([, name]) => name!)),
]
