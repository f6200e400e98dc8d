/** A rule as far as it is shown here. */
type Rule = { id: string; [field: string]: unknown }
export type Diff = { added: Rule[]; removed: Rule[]; changed: { before: Rule; after: Rule }[] }

const value = (of: unknown): string => (typeof of === 'string' ? of : JSON.stringify(of))

/** What differs between two versions of the rules, field by field. */
export function RuleDiffView({ diff }: { diff: Diff }) {
  if (diff.added.length + diff.removed.length + diff.changed.length === 0)
    return <p className="m-0">Nothing differs.</p>
  return (
    <ul className="m-0 grid list-none gap-2 p-0 text-sm">
      {diff.added.map((rule) => (
        <li key={rule.id}>
          <b>New:</b> <span className="mono">{rule.id}</span>
        </li>
      ))}
      {diff.removed.map((rule) => (
        <li key={rule.id}>
          <b>Removed:</b> <span className="mono">{rule.id}</span>
        </li>
      ))}
      {diff.changed.map(({ before, after }) => (
        <li key={after.id}>
          <b>Changed:</b> <span className="mono">{after.id}</span>
          <ul className="dim m-0 pl-5">
            {Object.keys(after)
              .filter((field) => value(before[field]) !== value(after[field]))
              .map((field) => (
                <li key={field} className="break-all">
                  {field}: <del>{value(before[field])}</del> to <ins>{value(after[field])}</ins>
                </li>
              ))}
          </ul>
        </li>
      ))}
    </ul>
  )
}
