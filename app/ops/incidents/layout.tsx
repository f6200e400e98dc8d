import './incidents.css'

/** What the pages of incidents look like beyond the common parts. */
export default function IncidentsLayout({ children }: { children: React.ReactNode }) {
  return children
}
