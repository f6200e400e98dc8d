import { exact, figure, text, type Figure, type Kind } from './format.ts'

/**
 * A quantity with its unit, and the exact count in `<data value>` and the tooltip.
 * Either `of` and `value` (a raw amount in its stored unit) or a ready `figure`. `null` prints a dash with words.
 */
export function Qty(
  props: { of: Kind; value: bigint | number | null | undefined; unit?: boolean } | { figure: Figure; unit?: boolean },
) {
  if ('figure' in props) return <Digits figure={props.figure} unit={props.unit ?? true} />
  if (props.value === null || props.value === undefined) {
    return (
      <span className="dim">
        <span aria-hidden="true">–</span>
        <span className="vh">no data</span>
      </span>
    )
  }
  const printed = figure(props.of, props.value)
  const whole = exact(props.of, props.value)
  return (
    <data className="qty" value={String(props.value)} data-tip={whole === text(printed) ? undefined : whole}>
      <Digits figure={printed} unit={props.unit ?? true} />
    </data>
  )
}

function Digits({ figure: { value, unit }, unit: withUnit }: { figure: Figure; unit: boolean }) {
  return (
    <span className="qty">
      <span className="num">{value}</span>
      {withUnit && unit && <span className="unit"> {unit}</span>}
    </span>
  )
}
