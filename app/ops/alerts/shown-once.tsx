import { CopyText } from '../../ui/copy-text.tsx'

/** A secret, the only time it is there to be seen. */
export function ShownOnce({ text, children }: { text: string; children: React.ReactNode }) {
  return (
    <div className="stack">
      <p>{children} It is not shown again.</p>
      <CopyText text={text} wrap />
    </div>
  )
}
