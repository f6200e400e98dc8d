import type { Pool } from '#db/client.ts'
import type { Env } from '../env.ts'
import { readTokenKeys, type TokenKeys } from './tokenKeys.ts'

/** The token keys, read anew every half minute and when another begins to sign. */
export type KeptKeys = { now(now: Date): Promise<TokenKeys> }

const MAX_AGE_MS = 30_000

/** Keeps token keys between requests: reading and unsealing them costs more than signing. */
export const keepKeys = ({ sql, env }: { sql: Pool; env: Pick<Env, 'secret'> }): KeptKeys => {
  let kept: { keys: TokenKeys; untilMs: number } | undefined
  return {
    async now(now) {
      if (kept && now.getTime() < kept.untilMs) return kept.keys
      const keys = await readTokenKeys(sql, env.secret, now)
      const untilMs = Math.min(now.getTime() + MAX_AGE_MS, keys.nextAt?.getTime() ?? Number.POSITIVE_INFINITY)
      kept = { keys, untilMs }
      return keys
    },
  }
}
