import { extname } from 'node:path'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.atom': 'application/atom+xml; charset=utf-8',
  '.rss': 'application/rss+xml; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
}

/** What one of the page's files is served as; undefined where it is none of them. */
export const fileType = (path: string): string | undefined => TYPES[extname(path)]

/** How long whoever fetched a file may show it: updates are seen within seconds, and outlast a server that is away. */
export const FILE_CACHE = 'public, max-age=10, stale-while-revalidate=60, stale-if-error=86400'
