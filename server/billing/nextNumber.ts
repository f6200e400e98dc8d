import type { Tx } from '#db/client.ts'

export type Series = 'invoice' | 'credit_note'

/** A number as it is printed: `WH-2026-0041`; credit notes have a series of their own, `WH-CN-2026-0003`. */
export const numberText = (prefix: string, series: Series, year: number, n: number): string =>
  `${prefix}-${series === 'credit_note' ? 'CN-' : ''}${year}-${String(n).padStart(4, '0')}`

/**
 * Takes the next `count` numbers of a legal entity's series in a year (UTC): the first of them. The row stays locked until
 * the transaction ends, so that numbers have no gap whatever is rolled back; take them last.
 */
export const takeNumbers = async (
  tx: Tx,
  of: { entityId: bigint; series: Series; year: number; count: number },
): Promise<number> => {
  const [row] = await tx<{ last: number }[]>`
    insert into number_series as s (entity_id, series, year, last) values (${of.entityId}, ${of.series}, ${of.year}, ${of.count})
    on conflict (entity_id, series, year) do update set last = s.last + excluded.last returning last`
  return row!.last - of.count + 1
}
