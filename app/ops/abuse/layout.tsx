import './abuse.css'

/** What the pages of abuse look like beyond the common parts. */
export default function AbuseLayout({ children }: { children: React.ReactNode }) {
  return children
}
