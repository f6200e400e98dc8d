'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { priceText } from '../../billing-parts/price-words.ts'
import { Button } from '../../ui/button.tsx'
import { moneyText } from '../../ui/format.ts'
import { Menu, type MenuItem } from '../../ui/menu.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { Banner, StatusBadge, type Status } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { CancelDialog } from './cancel-dialog.tsx'
import { CouponDialog } from './coupon-dialog.tsx'
import type { PlanView } from './page.tsx'
import { PauseDialog } from './pause-dialog.tsx'

const STATES: Record<PlanView['subscription']['state'], { status: Status; word: string }> = {
  active: { status: 'operational', word: 'Active' },
  trialing: { status: 'operational', word: 'Trial' },
  past_due: { status: 'major', word: 'Past due' },
  paused: { status: 'maintenance', word: 'Paused' },
  canceled: { status: 'unknown', word: 'Ended' },
}

/** The plan as it stands, what comes next, and what can be done about it. */
export function CurrentPlan({
  account,
  view,
  mayChange,
  mayEnd,
}: {
  account: string
  view: PlanView
  mayChange: boolean
  mayEnd: boolean
}) {
  const [shown, setShown] = useState<'cancel' | 'pause' | 'coupon'>()
  const { subscription, version } = view
  const state = STATES[subscription.state]
  const items: MenuItem[] = [
    ...(subscription.state === 'active' && mayChange
      ? [{ label: 'Pause the plan…', icon: 'pause' as const, onSelect: () => setShown('pause') }]
      : []),
    { label: 'Cancel the plan…', icon: 'x' as const, danger: true, onSelect: () => setShown('cancel') },
  ]
  const open = (which: typeof shown) => (isOpen: boolean) => setShown(isOpen ? which : undefined)
  return (
    <>
      <Notes account={account} view={view} mayChange={mayChange} mayEnd={mayEnd} />
      <Panel
        title={`Your plan: ${version.planName}`}
        badge={
          <StatusBadge status={state.status} as="small">
            {state.word}
          </StatusBadge>
        }
        sub={`Version ${version.version}, ${version.currency}, by the ${version.interval}`}
        actions={
          !view.isFree && (
            <>
              {mayChange && !view.coupon && (
                <Button size="sm" onClick={() => setShown('coupon')}>
                  Use a coupon
                </Button>
              )}
              {mayEnd && <Menu label="Pause or cancel" size="sm" align="end" items={items} />}
            </>
          )
        }
      >
        <Facts of={[...moneyFacts(view), ...priceFacts(view)]} />
      </Panel>
      <CancelDialog account={account} view={view} open={shown === 'cancel'} onOpenChange={open('cancel')} />
      <PauseDialog account={account} plan={version.planName} open={shown === 'pause'} onOpenChange={open('pause')} />
      <CouponDialog account={account} open={shown === 'coupon'} onOpenChange={open('coupon')} />
    </>
  )
}

const moneyFacts = ({ subscription, isFree, coupon, version }: PlanView): [string, React.ReactNode][] => {
  if (isFree) return [['Costs', 'Nothing. Choose a plan below for more.']]
  const { state, paidFrom, paidUntil, periodStart, periodEnd, trialEnd, cancelAtPeriodEnd } = subscription
  // Nothing is paid ahead where all is billed by use.
  const isAhead = version.terms.prices.some(({ model }) => model === 'flat' || model === 'licensed')
  const next = cancelAtPeriodEnd ? 'Ends' : state === 'trialing' ? 'First charge' : isAhead ? 'Renews' : 'Next invoice'
  const span = (from: Date, until: Date) => (
    <>
      <Time at={from} show="absolute" /> to <Time at={until} show="absolute" />
    </>
  )
  return [
    ...(state === 'trialing' && trialEnd
      ? ([['Trial until', <Time key="trial" at={trialEnd} />]] as [string, React.ReactNode][])
      : isAhead
        ? ([[state === 'paused' ? 'Paid interval' : 'Paid in advance', span(paidFrom, paidUntil)]] as [
            string,
            React.ReactNode,
          ][])
        : ([['Paid in advance', 'Nothing; use is billed after each month']] as [string, React.ReactNode][])),
    [next, <Time key="next" at={paidUntil} />],
    ['Month of usage', span(periodStart, periodEnd)],
    ...(coupon
      ? ([
          [
            'Coupon',
            `${coupon.code}, ${coupon.percent === null ? moneyText(BigInt(coupon.amountMinor ?? 0), version.currency) : `${coupon.percent} %`} off`,
          ],
        ] as [string, React.ReactNode][])
      : []),
  ]
}

const priceFacts = ({ version, subscription }: PlanView): [string, React.ReactNode][] => [
  ...version.terms.prices.map((price): [string, React.ReactNode] => {
    const bought = price.model === 'licensed' ? `${subscription.quantities[price.key] ?? price.included}, at ` : ''
    return [price.name, bought + priceText(price, version)]
  }),
  ...(version.terms.minimum === null
    ? []
    : ([
        [
          'At least',
          `${moneyText(BigInt(0), version.currency).replace(/[\d.,]+/, version.terms.minimum)} a month of usage`,
        ],
      ] as [string, React.ReactNode][])),
]

/** What asks for attention: an end that is set, a pause, an unpaid invoice. */
function Notes({
  account,
  view: { subscription, version },
  mayChange,
  mayEnd,
}: {
  account: string
  view: PlanView
  mayChange: boolean
  mayEnd: boolean
}) {
  const trpc = useTRPC()
  const router = useRouter()
  const keep = useMutation(trpc.billing.subscription.keep.mutationOptions())
  const resume = useMutation(trpc.billing.subscription.resume.mutationOptions())
  const act = async (doing: () => Promise<unknown>, said: string) => {
    try {
      await doing()
      toast(said)
      router.refresh()
    } catch (error) {
      toast(messageOf(error), { failed: true })
    }
  }
  const plan = version.planName
  return (
    <>
      {subscription.cancelAtPeriodEnd && (
        <Banner
          status="degraded"
          title={`${plan} ends`}
          actions={
            mayEnd && (
              <Button
                size="sm"
                busy={keep.isPending}
                onClick={() => void act(() => keep.mutateAsync({ account }), `${plan} goes on.`)}
              >
                Keep {plan}
              </Button>
            )
          }
        >
          on <Time at={subscription.paidUntil} show="absolute" />. The account is on Free from then on; nothing is
          deleted.
        </Banner>
      )}
      {subscription.state === 'paused' && (
        <Banner
          status="maintenance"
          title={`${plan} is paused`}
          actions={
            mayChange && (
              <Button
                size="sm"
                busy={resume.isPending}
                onClick={() => void act(() => resume.mutateAsync({ account }), `${plan} is resumed.`)}
              >
                Resume {plan}
              </Button>
            )
          }
        >
          since <Time at={subscription.pausedAt} show="absolute" />. No advance prices are charged and the limits of
          Free hold. What containers use is billed.
        </Banner>
      )}
      {subscription.state === 'past_due' && (
        <Banner
          status="major"
          title="An invoice is past due"
          actions={
            <Button size="sm" href={`/${account}/invoices`}>
              See invoices
            </Button>
          }
        >
          Pay it to change the plan and to keep containers running.
        </Banner>
      )}
    </>
  )
}
