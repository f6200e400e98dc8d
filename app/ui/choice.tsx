type Native = Omit<React.ComponentPropsWithRef<'input'>, 'type' | 'role'>

/** Yes or no, sent with its form. `detail` states the consequence. */
export function Checkbox({ label, detail, ...input }: Native & { label: React.ReactNode; detail?: React.ReactNode }) {
  return (
    <label className="check">
      <input type="checkbox" {...input} />
      <span>
        {label}
        {detail && <small>{detail}</small>}
      </span>
    </label>
  )
}

/** On or off, in effect at once. */
export function Switch({ label, detail, ...input }: Native & { label: React.ReactNode; detail?: React.ReactNode }) {
  return (
    <label className="check">
      <input type="checkbox" role="switch" {...input} />
      <span>
        {label}
        {detail && <small>{detail}</small>}
      </span>
    </label>
  )
}

export type RadioCard = { value: string; label: string; consequence: React.ReactNode; tag?: string; disabled?: boolean }

/** One of a few acts, each with its consequence in one line. Uncontrolled with `defaultValue`, or `value` and `onChange`. */
export function RadioCards({
  legend,
  name,
  options,
  value,
  defaultValue,
  onChange,
}: {
  legend: string
  name: string
  options: readonly RadioCard[]
  value?: string
  defaultValue?: string
  onChange?: (value: string) => void
}) {
  return (
    <fieldset className="radio-cards">
      <legend className="label">{legend}</legend>
      {options.map((option) => (
        <label className="radio-card" key={option.value}>
          <input
            type="radio"
            name={name}
            value={option.value}
            disabled={option.disabled}
            {...(value === undefined
              ? { defaultChecked: option.value === defaultValue }
              : { checked: option.value === value, onChange: () => onChange?.(option.value) })}
          />
          <span>
            {option.label}
            {option.tag && <em>{option.tag}</em>}
            <small>{option.consequence}</small>
          </span>
        </label>
      ))}
    </fieldset>
  )
}
