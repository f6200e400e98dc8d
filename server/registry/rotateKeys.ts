import type { Context } from '../context.ts'
import { theRegistry } from './running.ts'
import { rotateTokenKey } from './tokenKeys.ts'

/**
 * Makes a new token key and has the registry know it before it signs: ours is started again with both certificates,
 * between two requests; one elsewhere is given the bundle by its operator within ten minutes. Gives when it signs.
 */
export const rotateKeys = async (ctx: Context, aheadMs?: number): Promise<Date> => {
  const signsFrom = await rotateTokenKey(ctx, aheadMs)
  const running = theRegistry()
  if (!running?.process) return signsFrom
  const { gate, process } = running
  try {
    await gate.hold('write', 10_000)
    await gate.hold('read', 10_000)
    await process.restart()
  } finally {
    gate.release()
  }
  return signsFrom
}
