import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TRPCClientError, createTRPCClient, httpLink } from '@trpc/client'
import type { TRPCLink } from '@trpc/client'
import type { AppRouter } from '#server/router.ts'
import { Failure } from './failure.ts'

const TIMEOUT_MS = 30_000

/** The control plane: WHARF_URL, else this machine's. */
export const controlPlane = (): string => (process.env['WHARF_URL'] || 'http://localhost:3000').replace(/\/+$/, '')

const isHere = (url: string) => /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(url)

/**
 * WHARF_TOKEN, else the first operator's token beside the data. That one is sent to this machine only, unless
 * WHARF_DATA names it: a forgotten WHARF_URL must not carry it elsewhere.
 */
const findToken = (url: string): string => {
  const given = process.env['WHARF_TOKEN']
  if (given) return given
  const dataDir = process.env['WHARF_DATA']
  if (dataDir || isHere(url)) {
    try {
      return readFileSync(join(dataDir || '.wharf', 'operator-token'), 'utf8').trim()
    } catch {
      // There is none, or it is another user's.
    }
  }
  throw new Failure(
    'no API token: set WHARF_TOKEN (make one under Settings, Tokens), or run this beside the data directory',
  )
}

/** As a request carries it: bigints are decimal strings. */
export const toJson = (value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Date || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(toJson)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]))
}

/** A typed client whose calls go over this link. */
export const clientOver = (link: TRPCLink<AppRouter>) => createTRPCClient<AppRouter>({ links: [link] })
export type Client = ReturnType<typeof clientOver>

const overHttp = (url: string, token: string) =>
  httpLink<AppRouter>({
    url: `${url}/trpc`,
    headers: { authorization: `Bearer ${token}` },
    // As in the browser nothing is revived: ids and times arrive as strings, whatever the types say.
    transformer: { serialize: toJson, deserialize: (value: unknown) => value },
    fetch: (input, init) =>
      fetch(input as string, { ...(init as RequestInit), signal: AbortSignal.timeout(TIMEOUT_MS) }),
  })

/** A typed client of the control plane. @throws Failure where there is no token. */
export const connect = (): Client => {
  const url = controlPlane()
  return clientOver(overHttp(url, findToken(url)))
}

const HINTS: Record<string, string> = {
  UNAUTHORIZED: 'set WHARF_TOKEN to a token that is valid',
}

/** What to say of a failed call, in one line. */
export const sentenceOf = (error: unknown): string => {
  if (!(error instanceof TRPCClientError)) return error instanceof Error ? error.message : String(error)
  const data = error.data as { code?: string; path?: string; requestId?: string } | null | undefined
  if (!data) return `${controlPlane()} does not answer (${reasonOf(error)}); is it running, and is WHARF_URL right?`
  const hint = HINTS[data.code ?? '']
  return [firstFault(error.message), hint].filter(Boolean).join('; ')
}

const reasonOf = (error: Error): string => {
  const cause = error.cause as { cause?: { code?: string }; code?: string; message?: string } | undefined
  return cause?.cause?.code ?? cause?.code ?? cause?.message ?? error.message
}

/** A refused input arrives as a JSON list of faults: the first one, with its path. */
const firstFault = (message: string): string => {
  if (!message.startsWith('[')) return message
  try {
    const [fault] = JSON.parse(message) as { path?: (string | number)[]; message?: string }[]
    return fault ? [fault.path?.join('.'), fault.message].filter(Boolean).join(': ') : message
  } catch {
    return message
  }
}
