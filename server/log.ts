import pino from 'pino'

/**
 * JSON lines on stderr: time, level, msg, and of requestId, actor, accountId, hostId, jobId what
 * applies. Never secrets: tokens and mail bodies stay out of it.
 */
export const log = pino(
  {
    level: 'info',
    base: null,
    messageKey: 'msg',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  },
  pino.destination({ dest: 2, sync: false }),
)
export type Log = pino.Logger
