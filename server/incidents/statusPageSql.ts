import type { Sql } from '#db/client.ts'
import { settingsSchema, type StatusSettings } from './statusPage/settings.ts'

export type StatusPageView = {
  settings: StatusSettings
  /** Where it is seen, and where this control plane serves it. */
  url: string
  previewUrl: string
  revision: bigint
  renderedRevision: bigint | null
  renderedAt: Date | null
  /** Why the last rendering failed; null where it did not. */
  lastError: string | null
}

/** The status page's settings and what is shown of it. */
export const readStatusPage = async (sql: Sql, publicUrl: string): Promise<StatusPageView> => {
  const [row] = await sql<(Omit<StatusPageView, 'settings' | 'url' | 'previewUrl'> & { settings: unknown })[]>`
    select settings, revision, rendered_revision, rendered_at, last_error from status_page where id = 1`
  const settings = settingsSchema.parse(row!.settings)
  const previewUrl = `${publicUrl}/status/`
  return { ...row!, settings, previewUrl, url: settings.domain ? `https://${settings.domain}/` : previewUrl }
}

/** Where the public reads of an incident: on the status page's own domain where it has one. */
export const publicLink = async (sql: Sql, publicUrl: string, incident: string): Promise<string> => {
  const [row] = await sql<{ settings: unknown }[]>`select settings from status_page where id = 1`
  const { domain } = settingsSchema.parse(row!.settings)
  return domain ? `https://${domain}/i/${incident}.html` : `${publicUrl}/status/i/${incident}`
}
