import { CopyText } from '../../ui/copy-text.tsx'

/** A mail's subject, and its text and link when opened. */
export function MailText({
  subject,
  body,
  error,
  isOpen,
}: {
  subject: string
  body: string
  error: string | null
  isOpen: boolean
}) {
  // The last line is the footer's own address.
  const link = body.split('\n--\n')[0]?.match(/https?:\/\/\S+/)?.[0]
  return (
    <details open={isOpen} className="max-w-[64ch]">
      <summary className="cursor-pointer">{subject}</summary>
      <div className="stack py-2">
        {error && <p className="text-danger-text">Last try: {error}</p>}
        <pre className="whitespace-pre-wrap text-sm">{body}</pre>
        {link && <CopyText text={link} label="Copy the link" wrap />}
      </div>
    </details>
  )
}
