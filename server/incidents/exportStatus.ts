import type { Pool } from '#db/client.ts'
import { statusFiles } from './statusPage/files.ts'
import { readRecord } from './statusPage/record.ts'

/** The whole status page as it is to be shown now: each file's text by its path, those that lead to others last. */
export const exportStatus = async (
  sql: Pool,
  publicUrl: string,
  now: Date,
): Promise<{ asOf: Date; revision: bigint; files: { path: string; text: string }[] }> => {
  const record = await sql.begin('isolation level repeatable read read only', (tx) => readRecord(tx, publicUrl, now))
  const files = [...statusFiles(record)].map(([path, text]) => ({ path, text }))
  return { asOf: record.asOf, revision: record.revision, files: lastFirst(files) }
}

/** What is linked comes before what links to it: who copies them in order never shows a link that leads nowhere. */
const lastFirst = <File extends { path: string }>(files: readonly File[]): File[] =>
  files.toSorted((a, b) => rank(a.path) - rank(b.path))

const rank = (path: string): number => {
  if (path === 'index.html') return 3
  if (path === 'history.html' || path.startsWith('history.')) return 2
  return path.includes('.json') || path === 'badge.svg' ? 1 : 0
}
