import type { Subject } from './allow.ts'

/** Who a token's `sub` names: `user:ID`, `token:ID`, `robot:ID`; anything else is anybody. */
export const subjectOf = (sub: string): Subject => {
  const [kind, id = ''] = [sub.slice(0, sub.indexOf(':')), sub.slice(sub.indexOf(':') + 1)]
  if (kind === 'user') return { userId: id }
  if (!/^\d{1,18}$/.test(id)) return { anonymous: true }
  if (kind === 'token') return { tokenId: BigInt(id) }
  return kind === 'robot' ? { robotId: BigInt(id) } : { anonymous: true }
}
