import { Tag } from '../ui/status.tsx'

/** Who can see a repository, in a word. */
export function Visibility({ of }: { of: 'public' | 'private' }) {
  return <Tag>{of === 'public' ? 'Public' : 'Private'}</Tag>
}

/** A digest as people tell it from another: its algorithm and the first and last digits. */
export function Digest({ of }: { of: string }) {
  const [algorithm = '', hex = ''] = of.split(':')
  return (
    <span className="mono dim whitespace-nowrap" title={of}>
      {algorithm}:{hex.slice(0, 8)}…{hex.slice(-4)}
    </span>
  )
}

/** Names of platforms, the first few. */
export function Platforms({ of }: { of: readonly string[] }) {
  const shown = of.slice(0, 4)
  if (shown.length === 0) return <span className="dim">unknown</span>
  return (
    <span className="row inline-flex">
      {shown.map((platform) => (
        <Tag key={platform}>{platform}</Tag>
      ))}
      {of.length > shown.length && <span className="dim">{of.length - shown.length} more</span>}
    </span>
  )
}
