/** Drawn on a grid of 16 in 1.5 px strokes. Plain paths: an icon library's runtime would be in every page's first load. */
const PATHS = {
  check: 'm3 8.5 3.2 3.2L13 4.8',
  clock: 'M14.2 8A6.2 6.2 0 1 1 1.8 8a6.2 6.2 0 0 1 12.4 0ZM8 4.6V8l2.3 1.6',
  copy: 'M6.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1ZM10.5 3.5v-1h-8v8h1',
  down: 'm4 6 4 4 4-4',
  download: 'M8 2.5v8m0 0L4.8 7.4M8 10.5l3.2-3.1M3 13.5h10',
  edit: 'M3 13l.6-2.6 7.2-7.2a1.3 1.3 0 0 1 1.9 0l.1.1a1.3 1.3 0 0 1 0 1.9l-7.2 7.2L3 13Z',
  external: 'M9.5 2.5h4v4M13.2 2.8 7.5 8.5M11.5 9.5v3a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1h3',
  host: 'M3.5 2.5h9a1 1 0 0 1 1 1v3a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-3a1 1 0 0 1 1-1ZM3.5 8.5h9a1 1 0 0 1 1 1v3a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-3a1 1 0 0 1 1-1ZM5 5h.01M5 11h.01',
  key: 'M8.2 10.4a3.1 3.1 0 1 1-6.2 0 3.1 3.1 0 0 1 6.2 0ZM7.3 8.2 13.5 2M11 4.5l2 2',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  plus: 'M8 3v10M3 8h10',
  retry: 'M13.2 8a5.2 5.2 0 1 1-1.6-3.75M13.4 2v2.8h-2.8',
  right: 'm6 4 4 4-4 4',
  search: 'M11.6 7A4.6 4.6 0 1 1 2.4 7a4.6 4.6 0 0 1 9.2 0ZM10.5 10.5l3.5 3.5',
  trash: 'M2.5 4h11M6 4V2.5h4V4M4 4l.6 9a.6.6 0 0 0 .6.5h5.6a.6.6 0 0 0 .6-.5L12 4M6.7 6.8v4M9.3 6.8v4',
  wait: 'M14 8A6 6 0 1 1 9.9 2.3',
  x: 'm4 4 8 8m0-8-8 8',
} as const

/** A name, not a component, so that a server page can hand it to a client part. */
export type IconName = keyof typeof PATHS

const WIDTHS: Partial<Record<IconName, number>> = { more: 2.6, pause: 2.2, check: 1.9 }

/** 16 px, always beside a word or inside something that has a name. */
export function Icon({ name, className = '' }: { name: IconName; className?: string }) {
  return (
    <svg className={`icon ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth={WIDTHS[name] ?? 1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
