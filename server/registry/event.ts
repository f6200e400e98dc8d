import { DomainError } from '../errors.ts'

/** One notification of the registry, as far as it is used. */
export type RegistryEvent = {
  id: string
  at: Date
  action: string
  repository: string
  digest: string | null
  tag: string | null
  mediaType: string | null
  method: string
  actor: string
  addr: string
  raw: unknown
}

const MOST_EVENTS = 10_000
type Fields = Record<string, unknown>
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
// PostgreSQL stores neither NUL nor lone surrogates in text.
const textOf = (value: unknown, most = 255): string | null =>
  typeof value === 'string' && value.length <= most && !value.includes('\0') && value.isWellFormed() ? value : null

const eventOf = (value: unknown, now: Date): RegistryEvent | undefined => {
  if (!isObject(value)) return undefined
  const target = isObject(value['target']) ? value['target'] : {}
  const request = isObject(value['request']) ? value['request'] : {}
  const actor = isObject(value['actor']) ? value['actor'] : {}
  const id = textOf(value['id'], 100)
  const action = textOf(value['action'], 40)
  const repository = textOf(target['repository'])
  const at = new Date(textOf(value['timestamp'], 60) ?? '')
  const raw = JSON.stringify(value)
  if (!id || !action || repository === null || Number.isNaN(at.getTime()) || raw.includes('\\u0000')) return undefined
  return {
    id,
    // A clock ahead of ours must not put what happened into hours to come.
    at: at > now ? now : at,
    action,
    repository,
    digest: textOf(target['digest']),
    tag: textOf(target['tag']) || null,
    mediaType: textOf(target['mediaType']),
    method: textOf(request['method'], 20) ?? '',
    actor: textOf(actor['name']) ?? '',
    addr: textOf(request['addr'], 100) ?? '',
    raw: value,
  }
}

/**
 * Reads an envelope `{events: […]}`; version 1 and 2 of the media type agree on what is used here. An entry that makes no
 * sense is left out, so that the registry does not send the rest for ever. @throws BAD_REQUEST where it is no envelope
 */
export const readEvents = (body: Uint8Array, now: Date): { taken: RegistryEvent[]; left: number } => {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(body).toString())
  } catch {
    throw new DomainError('BAD_REQUEST', 'the body should be JSON')
  }
  const list = isObject(parsed) ? parsed['events'] : undefined
  if (!Array.isArray(list) || list.length > MOST_EVENTS)
    throw new DomainError('BAD_REQUEST', `events should be a list of at most ${MOST_EVENTS}`, { path: 'events' })
  const taken = list.map((one) => eventOf(one, now)).filter((one) => one !== undefined)
  return { taken, left: list.length - taken.length }
}

const MANIFEST_TYPES = /manifest|image\.index/

/** What an event counts as: HEAD emits `pull` too, and mounts are pushes of blobs. */
export const countsAs = (
  event: Pick<RegistryEvent, 'action' | 'method' | 'mediaType'>,
): 'sent' | 'taken' | undefined => {
  if (!MANIFEST_TYPES.test(event.mediaType ?? '')) return undefined
  if (event.action === 'pull') return event.method === 'GET' ? 'sent' : undefined
  return event.action === 'push' ? 'taken' : undefined
}
