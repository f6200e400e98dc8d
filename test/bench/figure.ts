/**
 * One figure of a benchmark. `limit` is what the best known way reaches on the same machine in the same run, `ratio`
 * the value over it. Further fields tell the case (`page: '/usage'`).
 */
export type Figure = {
  bench: string
  figure: string
  value: number
  unit: string
  limit?: number
  ratio?: number
  [detail: string]: string | number | undefined
}

const rounded = (value: string | number | undefined) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value

/** Prints a figure as one line of JSON on standard output, where nothing else may be printed. */
export const figure = (entry: Figure): void => {
  process.stdout.write(
    `${JSON.stringify(Object.fromEntries(Object.entries(entry).map(([k, v]) => [k, rounded(v)])))}\n`,
  )
}
