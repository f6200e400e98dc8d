'use client'

import { useState } from 'react'
import { entitlementName, entitlementText, headline, priceText, type Offer } from '../../billing-parts/price-words.ts'
import { Button } from '../../ui/button.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { ChangeDialog } from './change-dialog.tsx'
import type { PlanView } from './page.tsx'

/** The plans on sale, each with its prices and limits, and the way to it. */
export function Offers({
  account,
  view,
  offers,
  interval,
  mayChange,
  needsCard,
}: {
  account: string
  view: PlanView
  offers: readonly Offer[]
  interval: 'month' | 'year'
  mayChange: boolean
  /** Cards are taken, and the account has given none. */
  needsCard: boolean
}) {
  const [chosen, setChosen] = useState<{ offer: Offer; key: number }>()
  const [isOpen, setOpen] = useState(false)
  const choose = (offer: Offer) => {
    // A key of its own, so that each opening starts from what holds now.
    setChosen({ offer, key: Date.now() })
    setOpen(true)
  }
  const plans = [...new Set(offers.map((offer) => offer.plan))]
  const shown = plans.flatMap(
    (plan) =>
      offers.find((offer) => offer.plan === plan && offer.interval === interval) ??
      offers.find((offer) => offer.plan === plan) ??
      [],
  )
  if (shown.length === 0)
    return (
      <Panel>
        <Empty title="No plan is on sale.">Plans appear here when an admin publishes them.</Empty>
      </Panel>
    )
  return (
    <>
      <div className="grid items-stretch gap-4 md:grid-cols-2 xl:grid-cols-4">
        {shown.map((offer) => (
          <OfferPanel key={offer.id} offer={offer} view={view} mayChange={mayChange} onChoose={() => choose(offer)} />
        ))}
      </div>
      {chosen && (
        <ChangeDialog
          key={chosen.key}
          account={account}
          view={view}
          offer={chosen.offer}
          needsCard={needsCard}
          open={isOpen}
          onOpenChange={setOpen}
        />
      )}
    </>
  )
}

function OfferPanel({
  offer,
  view,
  mayChange,
  onChoose,
}: {
  offer: Offer
  view: PlanView
  mayChange: boolean
  onChoose: () => void
}) {
  const { figure, note } = headline(offer)
  const isSame = offer.plan === view.version.plan && offer.interval === view.version.interval
  const sells = offer.terms.prices.some((price) => price.model === 'licensed')
  return (
    <Panel
      level={3}
      title={offer.planName}
      badge={isSame && <Tag>Your plan</Tag>}
      className="flex flex-col [&>.panel-body]:grow"
    >
      <div className="flex h-full flex-col gap-3">
        <p>
          <span className="text-xl font-semibold">{figure}</span> <span className="dim">{note}</span>
        </p>
        {offer.planDescription && <p className="text-2">{offer.planDescription}</p>}
        <Facts
          of={[
            ...offer.terms.prices
              .filter((price) => price.model !== 'flat')
              .map((price) => [price.name, priceText(price, offer)] as const),
            ...Object.entries(offer.entitlements)
              .filter(([key]) => !offer.terms.prices.some((price) => price.key === key))
              .map(([key, value]) => [entitlementName(key), entitlementText(key, value)] as const),
            ...(offer.terms.promise.length > 0 ? [['Outages', 'credited by what is promised'] as const] : []),
          ]}
        />
        <div className="mt-auto flex flex-wrap items-center gap-2 pt-1">
          <Choice offer={offer} view={view} isSame={isSame} sells={sells} mayChange={mayChange} onChoose={onChoose} />
          {offer.trial > 0 && !isSame && <span className="dim">{offer.trial} days free</span>}
        </div>
      </div>
    </Panel>
  )
}

function Choice({
  offer,
  view,
  isSame,
  sells,
  mayChange,
  onChoose,
}: {
  offer: Offer
  view: PlanView
  isSame: boolean
  sells: boolean
  mayChange: boolean
  onChoose: () => void
}) {
  if (!mayChange) return isSame ? null : <span className="dim">An owner, admin or billing member chooses.</span>
  if (offer.isFree) return view.isFree ? null : <span className="dim">Cancel {view.version.planName} to be on it.</span>
  if (isSame && view.newest === null && !sells) return null
  if (isSame)
    return <Button onClick={onChoose}>{view.newest === null ? 'Change the number' : 'Take the new version'}</Button>
  return (
    <Button variant={view.isFree ? 'primary' : 'default'} onClick={onChoose}>
      {view.isFree ? `Start ${offer.planName}` : `Change to ${offer.planName}`}
    </Button>
  )
}
