import type { Caller } from '#server/router.ts'
import { Facts, Panel } from '../../ui/panel.tsx'
import { Tag } from '../../ui/status.tsx'
import { CardButton } from './card-button.tsx'

type Profile = NonNullable<Awaited<ReturnType<Caller['billing']['profile']['get']>>>
type Setting = Awaited<ReturnType<Caller['billing']['stripe']['setting']>>

const two = (n: number) => String(n).padStart(2, '0')

/** How invoices are paid: by a card that Stripe keeps, or by transfer. */
export function PaymentPanel({
  account,
  profile,
  setting,
  mayEdit,
}: {
  account: string
  profile: Profile
  setting: Setting
  mayEdit: boolean
}) {
  const { card, driver, netDays, seller } = profile
  const isCard = driver === 'stripe' || card !== null
  return (
    <Panel title="Payment" badge={setting.isStandIn && <Tag>stand-in for Stripe</Tag>}>
      <div className="stack">
        {isCard ? (
          <Facts
            of={[
              ['Method', 'card, by Stripe'],
              ['Card', card ? `${card.brand}, ends in ${card.last4}` : 'none yet'],
              ...(card ? ([['Valid to', `${two(card.expMonth)}/${card.expYear}`]] as const) : []),
            ]}
          />
        ) : (
          <>
            <Facts
              of={[
                ['Method', 'transfer'],
                ['Due', `${netDays} days after the invoice`],
                ['To', seller.name],
                ['Questions', seller.email],
              ]}
            />
            <p className="whitespace-pre-line text-2">
              {seller.paymentDetails || 'The invoice says where to.'} Name the invoice's number.
            </p>
          </>
        )}
        {setting.takesCards && mayEdit && <CardButton account={account} to={card ? 'portal' : 'checkout'} />}
        {setting.takesCards && (
          <p className="help">
            Stripe takes the card on its own page. Its numbers never come here, only its last four digits.
          </p>
        )}
      </div>
    </Panel>
  )
}
