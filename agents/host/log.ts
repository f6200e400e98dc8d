export type Level = 'info' | 'warn' | 'error'
export type Log = (level: Level, msg: string, fields?: Record<string, unknown>) => void

/** JSON lines on stderr, as the control plane writes them. */
export const stderrLog: Log = (level, msg, fields) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, msg, ...fields })}\n`)
}

/** What went wrong, in one line. */
export const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))
