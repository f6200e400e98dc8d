import { createHmac } from 'node:crypto'

const derived = (secret: string, purpose: string): string =>
  createHmac('sha256', secret).update(`wharfinger-registry:${purpose}`).digest('base64url')

/** What the registry sends notifications with; follows from WHARF_SECRET, so that a registry elsewhere can be told it. */
export const eventsSecret = (secret: string): string => derived(secret, 'events')

/** What the registry signs the state of uploads with. */
export const uploadsSecret = (secret: string): string => derived(secret, 'uploads')
