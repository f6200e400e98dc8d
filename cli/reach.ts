import { connect, type Client } from './client.ts'
import type { Direct } from './direct.ts'

/** The option of verbs that also work on the database itself. */
export const direct = {
  type: 'boolean',
  description: 'Work on the database itself (DATABASE_URL or WHARF_DATA), for when the web server is down.',
} as const

/** What a verb works through. `plane` is there where it works on the database itself. */
export type Reach = { api: Client; plane?: Direct }

/** Does work through the API, or with `--direct` on the database, which is left again after it. @throws Failure */
export const through = async (
  isDirect: boolean | undefined,
  work: (reach: Reach) => Promise<void>,
  { posts = false }: { posts?: boolean } = {},
): Promise<void> => {
  if (!isDirect) return await work({ api: connect() })
  // Only then: it brings the whole server along.
  const { openDirect } = await import('./direct.ts')
  const plane = await openDirect({ posts })
  try {
    await work({ api: plane.api, plane })
  } finally {
    await plane.close()
  }
}
