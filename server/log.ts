import pino from 'pino'

/** An error without the client, request or response it carries: those are pages long and may hold secrets. */
const errorFields = (error: unknown) =>
  error instanceof Error
    ? {
        type: error.name,
        message: error.message,
        stack: error.stack,
        ...('code' in error && { code: error.code }),
        ...(error.cause instanceof Error && { cause: error.cause.message }),
      }
    : error

/**
 * JSON lines on stderr: time, level, msg, and of requestId, actor, accountId, hostId, jobId what
 * applies. Never secrets: tokens and mail bodies stay out of it.
 */
export const log = pino(
  {
    level: 'info',
    base: null,
    messageKey: 'msg',
    serializers: { err: errorFields },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  },
  pino.destination({ dest: 2, sync: false }),
)
export type Log = pino.Logger
