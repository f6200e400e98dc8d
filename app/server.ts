import type { Caller } from '#server/router.ts'
import { cookies, headers } from 'next/headers'
import { forbidden, notFound, redirect } from 'next/navigation'
import { cache } from 'react'

/** What the process hands to its pages; `server/main.ts` sets it before Next starts. */
export type Bridge = { caller(headers: Headers): Promise<Caller> }

const KEY = Symbol.for('wharfinger')

function bridge(): Bridge {
  const found: unknown = Reflect.get(globalThis, KEY)
  if (!found) throw new Error('pages need the server in the same process: run `npm start` or `npm run dev`')
  return found as Bridge
}

/** Everything the signed-in person may ask, as plain functions; one caller a request. */
export const server = cache(async (): Promise<Caller> => bridge().caller(new Headers(await headers())))

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** The path asked for, as the server put it in a header: where to come back to after signing in. */
export async function here(): Promise<string> {
  const url = URL.parse((await headers()).get('x-wharf-path') ?? '/', 'http://wharf')
  if (!url || url.host !== 'wharf') return '/'
  // Next's own mark on a soft navigation.
  url.searchParams.delete('_rsc')
  return url.pathname + url.search
}

/**
 * Awaits what a page cannot do without: signed out goes to sign-in and back, missing is the 404 page, forbidden the
 * 403 page, and all else the error page. For one panel of a page use `attempt`.
 */
export async function load<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    const code = codeOf(error)
    if (code === 'UNAUTHORIZED') redirect(`/sign-in?next=${encodeURIComponent(await here())}`)
    if (code === 'NOT_FOUND') notFound()
    if (code === 'FORBIDDEN') forbidden()
    throw error
  }
}

/** Awaits what one panel shows: its value, or the reason in words for an `<ErrorPanel>` or `<Forbidden>`. */
export async function attempt<T>(
  asked: Promise<T>,
): Promise<{ ok: true; value: T } | { ok: false; code: string; message: string }> {
  try {
    return { ok: true, value: await asked }
  } catch (error) {
    const code = codeOf(error) ?? 'INTERNAL'
    if (code === 'UNAUTHORIZED') redirect(`/sign-in?next=${encodeURIComponent(await here())}`)
    const message =
      error instanceof Error && !code.startsWith('INTERNAL') ? error.message : 'It was logged on our side.'
    return { ok: false, code, message }
  }
}

/** The theme the person chose, kept in a cookie so that the first paint has it. */
export async function theme(): Promise<'light' | 'dark' | undefined> {
  const chosen = (await cookies()).get('theme')?.value
  return chosen === 'light' || chosen === 'dark' ? chosen : undefined
}
