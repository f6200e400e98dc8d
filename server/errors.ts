/** What went wrong, in words a caller can branch on. */
export type ErrorCode =
  | 'BAD_REQUEST'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'TOO_LARGE'
  | 'UNPROCESSABLE'
  | 'LIMITED'
  | 'UNAVAILABLE'

const STATUS: Record<ErrorCode, number> = {
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  TOO_LARGE: 413,
  UNPROCESSABLE: 422,
  LIMITED: 429,
  UNAVAILABLE: 503,
}

/** The one error of the domain: a code, a sentence that says what to do, and where it applies. */
export class DomainError extends Error {
  readonly code: ErrorCode
  /** The first faulty field of the input, such as `minutes[0].rows[3][1]`. */
  readonly path: string | undefined
  /** For LIMITED and UNAVAILABLE: when to try again. */
  readonly retryAfterSeconds: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    more: { path?: string; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.name = 'DomainError'
    this.code = code
    this.path = more.path
    this.retryAfterSeconds = more.retryAfterSeconds
  }
}

/** HTTP status of a code. */
export const statusOf = (code: ErrorCode) => STATUS[code]

/** The body every `/v1` route answers with when it fails. */
export type ErrorBody = { error: { code: ErrorCode | 'INTERNAL'; message: string; path?: string; requestId: string } }
