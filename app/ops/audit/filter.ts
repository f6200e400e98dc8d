export type Search = {
  actor?: string
  action?: string
  subject?: string
  account?: string
  window?: string
  cursor?: string
}

export const WINDOWS = [
  { value: '', label: 'Any time' },
  { value: '1', label: 'Last hour' },
  { value: '24', label: 'Last 24 h' },
  { value: '168', label: 'Last 7 d' },
  { value: '720', label: 'Last 30 d' },
] as const

export type AuditFilter = { actor?: string; action?: string; subject?: string; account?: string; from?: Date }

/** The filter that the URL says, with a window that ends now. */
export const filterOf = (search: Search, now: Date): AuditFilter => {
  const { actor, action, subject, account, window } = search
  const hours = WINDOWS.some(({ value }) => value !== '' && value === window) ? Number(window) : 0
  return {
    ...(actor ? { actor } : {}),
    ...(action ? { action } : {}),
    ...(subject ? { subject } : {}),
    ...(account ? { account } : {}),
    ...(hours > 0 ? { from: new Date(now.getTime() - hours * 3_600_000) } : {}),
  }
}
