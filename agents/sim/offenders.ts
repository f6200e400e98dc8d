import type { HostPlan } from './plan.ts'
import type { Showing } from './police.ts'
import type { Kind } from './signs.ts'

type Part = { account: string; app: string; kind: Kind; afterS: number; againS?: number }

/** One container of each of these apps shows signs of abuse, or looks as if, in a fleet that is told to. */
const PARTS: Part[] = [
  { account: 'quietfern', app: 'worker-eu', kind: 'renamed', afterS: 60, againS: 240 },
  { account: 'lowlight', app: 'demo-shop', kind: 'mailer', afterS: 0 },
  { account: 'oxbow', app: 'crawl', kind: 'scanner', afterS: 0 },
]

/** Which slots of which hosts show what, in a fleet that starts at `startedMs`. */
export const offendersOf = (plans: readonly HostPlan[], startedMs: number): Map<string, Map<number, Showing>> => {
  const shows = new Map<string, Map<number, Showing>>()
  for (const { account, app, kind, afterS, againS } of PARTS) {
    const isPart = ({ app: of }: HostPlan['slots'][number]) => of.account === account && of.app === app
    const plan = plans.find(({ slots }) => slots.some(isPart))
    const slot = plan?.slots.find(isPart)
    if (!plan || !slot) continue
    const here = shows.get(plan.name) ?? new Map<number, Showing>()
    const fromMs = startedMs + afterS * 1000
    here.set(slot.index, { kind, fromMs, ...(againS === undefined ? {} : { againMs: againS * 1000 }) })
    shows.set(plan.name, here)
  }
  return shows
}
