import { Facts } from '../../ui/panel.tsx'

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const words = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What a change was in one line, "role: member to admin", and all of it when opened. */
export function AuditChange({
  subjectId,
  before,
  after,
  userAgent,
  requestId,
}: {
  subjectId: string
  before: unknown
  after: unknown
  userAgent: string | null
  requestId: string | null
}) {
  const was = isRecord(before) ? before : {}
  const is = isRecord(after) ? after : {}
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  const changed = keys.filter((key) => words(was[key]) !== words(is[key]))
  const line = changed
    .slice(0, 3)
    .map((key) =>
      key in was && key in is
        ? `${key}: ${words(was[key])} to ${words(is[key])}`
        : `${key}: ${words(is[key] ?? was[key])}`,
    )
    .join(', ')
  const facts: [string, React.ReactNode][] = [
    ...keys.map((key): [string, string] => [
      key,
      key in was && key in is ? `${words(was[key])} to ${words(is[key])}` : words(is[key] ?? was[key]),
    ]),
    ['subject', subjectId],
    ...(userAgent ? [['browser', userAgent] as [string, string]] : []),
    ...(requestId ? [['request', requestId] as [string, string]] : []),
  ]
  return (
    <details className="w-full sm:w-[20ch] sm:open:w-[44ch] 2xl:w-[40ch]">
      <summary className="cursor-pointer truncate">{line || <span className="dim">details</span>}</summary>
      <Facts of={facts} />
    </details>
  )
}
