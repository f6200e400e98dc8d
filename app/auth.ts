/** What sign-in answered: its data, or the reason in words that say what to do. */
export type AuthAnswer = { ok: true; data: unknown } | { ok: false; status: number; code: string; message: string }

const WORDS: Record<string, string> = {
  INVALID_EMAIL_OR_PASSWORD: 'The address or the password is wrong.',
  INVALID_PASSWORD: 'That is not your password.',
  INVALID_EMAIL: 'That is not an e-mail address.',
  EMAIL_NOT_VERIFIED: 'Confirm the address first: the link is in the mail that was just sent.',
  INVALID_CODE: 'That code is not right, or its 30 s are over. Wait for the next one.',
  INVALID_BACKUP_CODE: 'That backup code is not one of yours, or it was used.',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'Too many wrong codes. Sign in with the password again.',
  ACCOUNT_TEMPORARILY_LOCKED: 'Too many wrong codes. Wait 15 min, or use a passkey.',
  INVALID_TWO_FACTOR_COOKIE: 'The sign-in took longer than 10 min. Enter the password again.',
  INVALID_TOKEN: 'The link is used or too old. Ask for a new one.',
  PASSWORD_TOO_SHORT: 'A password has at least 10 characters.',
  PASSWORD_TOO_LONG: 'A password has at most 200 characters.',
  PASSKEY_NOT_FOUND: 'This passkey belongs to nobody here. Sign in with the password.',
  SESSION_NOT_FRESH: 'Sign out and in again first: this needs a sign-in of the last hour.',
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const textOf = (from: Record<string, unknown>, key: string) => {
  const value = from[key]
  return typeof value === 'string' ? value : ''
}

/** Calls sign-in under /api/auth: a GET without a body. Never throws; a lost connection is an answer too. */
export async function authCall(path: string, body?: unknown): Promise<AuthAnswer> {
  try {
    const response = await fetch(`/api/auth${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })
    const data: unknown = await response.json().catch(() => null)
    if (response.ok) return { ok: true, data }
    const told = isRecord(data) ? data : {}
    const code = textOf(told, 'code')
    const wait = response.headers.get('x-retry-after')
    const limited = `Too many tries from here. Try again in ${wait ?? '60'} s.`
    const fallback = textOf(told, 'message') || 'The server refused, without saying why.'
    const message = WORDS[code] ?? (response.status === 429 && code === '' ? limited : fallback)
    return { ok: false, status: response.status, code, message }
  } catch {
    return {
      ok: false,
      status: 0,
      code: 'OFFLINE',
      message: 'The server did not answer. Check the connection and try again.',
    }
  }
}

/** The text under `key` of an answer's data, or ''. */
export const textIn = (data: unknown, key: string): string => (isRecord(data) ? textOf(data, key) : '')

/** The texts under `key` of an answer's data. */
export const textsIn = (data: unknown, key: string): string[] => {
  const found = isRecord(data) ? data[key] : undefined
  return Array.isArray(found) ? found.filter((one): one is string => typeof one === 'string') : []
}

/** True where an answer's data says so under `key`. */
export const isSet = (data: unknown, key: string): boolean => isRecord(data) && data[key] === true

/** Where to go after signing in: a path of this product, never another site. */
export const safeNext = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/'
