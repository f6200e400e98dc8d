import { moneyText } from '../../../ui/format.ts'
import { absolute } from '../../../ui/when.ts'

type Fields = Record<string, unknown>
const HOUR_MS = 3_600_000
// Times are said with their year, whenever they are looked at.

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : [])
const textOf = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

/** What an adjustment stands on, in words: hours of a host, an incident's intervals, lines, or a reason by hand. */
export function EvidenceView({ evidence, currency }: { evidence: unknown; currency: string }) {
  const of = fieldsOf(evidence)
  const hour = (value: unknown) => absolute(Number(value) * HOUR_MS, 0)
  const [lines, intervals, used] = [listOf(of['lines']), listOf(of['intervals']), listOf(of['used'])]
  const facts: [string, string][] = [
    ['Reason', textOf(of['reason'])],
    ['Case', textOf(of['caseId'])],
    ['Host', textOf(of['hostId'])],
    ['Hours', of['fromHour'] === undefined ? '' : `${hour(of['fromHour'])} to ${hour(of['untilHour'])}`],
    ['App', textOf(of['app'])],
    ['Downtime', of['downMinutes'] === undefined ? '' : `${textOf(of['downMinutes'])} min, ${textOf(of['percent'])} %`],
    ['Of the fee', of['feeMinor'] === undefined ? '' : moneyText(BigInt(textOf(of['feeMinor'])), currency)],
    ['Hours with usage', used.length > 0 ? String(used.length) : ''],
  ]
  return (
    <div className="field">
      <span className="label">Evidence</span>
      <ul>
        {facts
          .filter(([, fact]) => fact !== '')
          .map(([word, fact]) => (
            <li key={word}>
              <span className="dim">{word}</span> {fact}
            </li>
          ))}
        {intervals.map((one) => (
          <li key={`${textOf(one['incident'])} ${textOf(one['start'])}`}>
            <span className="dim">{textOf(one['incident'])}</span> {absolute(textOf(one['start']), 0)} to{' '}
            {absolute(textOf(one['end']), 0)}
          </li>
        ))}
        {lines.map((line) => (
          <li key={`${textOf(line['description'])} ${textOf(line['amount'])}`}>
            {textOf(line['description'])}{' '}
            <span className="num">{moneyText(BigInt(textOf(line['amount']) || '0'), currency)}</span>
          </li>
        ))}
      </ul>
      <details>
        <summary>Everything, as it is stored</summary>
        <pre className="mono max-h-64 overflow-auto" role="group" aria-label="Evidence as stored" tabIndex={0}>
          {JSON.stringify(evidence, null, 2)}
        </pre>
      </details>
    </div>
  )
}
