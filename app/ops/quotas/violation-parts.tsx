import type { Caller } from '#server/router.ts'
import { meterWords } from '../../[account]/violations.tsx'

export type Violation = Awaited<ReturnType<Caller['usage']['violations']['list']>>['rows'][number]

/** `Memory of saltmarsh/batch-2`: what a violation is about, in words. */
export const violationTitle = (v: Violation): string => {
  const owner = v.account === null ? 'nobody' : v.app === null ? v.account : `${v.account}/${v.app}`
  return `${meterWords(v)} of ${v.scope === 'container' && v.container ? v.container : owner}`
}
