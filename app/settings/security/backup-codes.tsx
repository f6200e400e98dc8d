'use client'

import { Button } from '../../ui/button.tsx'
import { useCopy } from '../../ui/copy-text.tsx'
import { Banner } from '../../ui/status.tsx'

/** Codes for the day the phone is gone; shown this once. */
export function BackupCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const { copied, copy } = useCopy()
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`${codes.join('\n')}\n`)}`
  return (
    <div className="stack">
      <Banner status="degraded" title="Keep these codes">
        Each signs you in once when the app is not at hand. They are not shown again.
      </Banner>
      <ul className="mono grid grid-cols-2 gap-1" aria-label="Backup codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="row">
        <Button icon={copied ? 'check' : 'copy'} onClick={() => void copy(codes.join('\n'))}>
          {copied ? 'Copied' : 'Copy the codes'}
        </Button>
        <a className="btn" href={file} download="wharfinger-backup-codes.txt">
          Download the codes
        </a>
        <Button variant="primary" onClick={onKept}>
          I have kept them
        </Button>
      </div>
    </div>
  )
}
