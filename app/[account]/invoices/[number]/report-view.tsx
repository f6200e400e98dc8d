import type { Caller } from '#server/router.ts'
import { bytes, text, thousands } from '../../../ui/format.ts'
import { StatusBadge } from '../../../ui/status.tsx'
import { absolute } from '../../../ui/when.ts'

export type ReportProof = Awaited<ReturnType<Caller['billing']['evidence']['report']>>

/** One signed report: who signed it, whether that checks out, and this container's own rows as they stand in it. */
export function ReportView({ of }: { of: ReportProof; number: string }) {
  const facts: [string, React.ReactNode][] = [
    ['Agent', of.agent],
    ['Received', absolute(of.receivedAt, 0, true)],
    [
      'Host’s key',
      <span key="key" className="mono">
        {of.publicKey}
      </span>,
    ],
    [
      'SHA-256 of its bytes',
      <span key="digest" className="mono">
        {of.digest}
      </span>,
    ],
    [
      'Signature',
      <span key="signature" className="mono">
        {of.signature}
      </span>,
    ],
  ]
  return (
    <section className="mt-3" aria-label={`Report ${of.seq}`}>
      <div className="proof-head">
        <b>
          Report {of.seq} of host {of.hostId}
        </b>
        <StatusBadge status={of.checksOut ? 'operational' : 'major'} as="small">
          {of.checksOut ? 'Signature checks out' : 'Signature does not check out'}
        </StatusBadge>
      </div>
      <p>
        {text(bytes(of.bytes))}, {thousands(of.rows.length)} of its {thousands(of.rowsInAll)} rows are this container’s;
        the others are not shown. Each row is its epoch, then ten totals.
      </p>
      <dl className="proof-seal border-0! p-0! text-xs!">
        {facts.map(([word, fact]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd className="break-all">{fact}</dd>
          </div>
        ))}
      </dl>
      <pre className="proof-raw" tabIndex={0} aria-label="Rows of this container in the report">
        {of.raw}
      </pre>
      <details>
        <summary className="text-xs">The text that was signed</summary>
        <pre className="proof-raw" tabIndex={0} aria-label="The text that was signed">
          {of.signedText}
        </pre>
      </details>
    </section>
  )
}
