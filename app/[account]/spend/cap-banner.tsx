import { moneyText } from '../../ui/format.ts'
import { Banner } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { LiftCap } from './lift-cap.tsx'
import type { Overview } from './period.ts'

const HELD = {
  notify: '',
  throttle: 'Running containers are held to a tenth of a core, but for protected apps.',
  stop: 'Running containers were stopped, and what is started is stopped again, but for protected apps.',
} as const

/** What the spend cap does at present, with what ends it; nothing where it does nothing. */
export function CapBanner({ of, account, mayLift }: { of: Overview; account: string; mayLift: boolean }) {
  const { state, rules, currency, period } = of
  if (!state?.capCrossedAt || rules.capMinor === null) return null
  const cap = moneyText(rules.capMinor, currency)
  if (state.liftedAt) {
    return (
      <Banner status="degraded" title={`The cap of ${cap} is lifted.`}>
        Since <Time at={state.liftedAt} /> spending goes on without it, until <Time at={period.end} show="absolute" />.
      </Banner>
    )
  }
  if (!state.cappedAt) {
    return (
      <Banner status="degraded" title={`The cap of ${cap} is reached.`}>
        Since <Time at={state.capCrossedAt} />. It only tells, as you chose: nothing was stopped.
      </Banner>
    )
  }
  return (
    <Banner
      status="major"
      title={`The cap of ${cap} holds.`}
      actions={mayLift && <LiftCap account={account} cap={cap} action={rules.capAction} />}
    >
      Since <Time at={state.cappedAt} />. {HELD[rules.capAction]} Data is kept, and storage is counted on. It ends with
      the billing period, <Time at={period.end} show="absolute" />, or when the cap is{' '}
      <a href={`/${account}/billing#budget`}>raised</a> or lifted.
    </Banner>
  )
}
