/** A few exclusive views as links, so that the choice is in the URL: a window, a grouping. */
export function Segmented({
  label,
  items,
}: {
  label: string
  items: readonly { label: string; href: string; current: boolean }[]
}) {
  return (
    <nav className="seg" aria-label={label}>
      {items.map((item) => (
        <a key={item.label} href={item.href} aria-current={item.current ? 'true' : undefined}>
          {item.label}
        </a>
      ))}
    </nav>
  )
}

/** The same as buttons, for a choice that is not worth a URL. In client parts only. */
export function SegmentedButtons<Value extends string>({
  label,
  items,
  value,
  onChange,
}: {
  label: string
  items: readonly { label: string; value: Value }[]
  value: Value
  onChange: (value: Value) => void
}) {
  return (
    <div className="seg" role="group" aria-label={label}>
      {items.map((item) => (
        <button key={item.value} type="button" aria-pressed={item.value === value} onClick={() => onChange(item.value)}>
          {item.label}
        </button>
      ))}
    </div>
  )
}
