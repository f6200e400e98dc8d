import type { Caller } from '#server/router.ts'
import { Banner } from '../ui/status.tsx'

type Health = Awaited<ReturnType<Caller['registry']['health']>>

const STATUS = { none: 'degraded', down: 'major', collecting: 'maintenance' } as const

/** Why images cannot be pushed and pulled now; nothing where they can. */
export function RegistryBanner({ of: { state, text } }: { of: Health }) {
  return state === 'up' ? null : <Banner status={STATUS[state]}>{text}</Banner>
}
