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

const LEVELS = ['error', 'warn', 'info', 'debug'] as const
/** A demo's fleet is in trouble on purpose: what is told of it would bury the lines that say where to go next. */
const usual = process.env['WHARF_DEMO'] === '1' ? 'error' : 'info'

/**
 * JSON lines on stderr: time, level, msg, and of requestId, actor, accountId, hostId, jobId what
 * applies. Never secrets: tokens and mail bodies stay out of it, but for the links of `notices/sendMail.ts` where no mail
 * server is set. WHARF_LOG_LEVEL is checked by `env.ts`.
 */
export const log = pino(
  {
    level: LEVELS.find((level) => level === process.env['WHARF_LOG_LEVEL']) ?? usual,
    base: null,
    messageKey: 'msg',
    serializers: { err: errorFields },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  },
  pino.destination({ dest: 2, sync: false }),
)
export type Log = pino.Logger
