import type { Metadata } from 'next'
import { attempt, load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { decimalText } from '../../ui/format.ts'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty, ErrorPanel } from '../../ui/states.tsx'
import { BudgetForm } from './budget-form.tsx'
import { PaymentPanel } from './payment-panel.tsx'
import { ProfileForm } from './profile-form.tsx'

export const metadata: Metadata = { title: 'Billing' }

/** Who is billed, how it is paid, and what the account wants to spend. */
export default async function BillingPage({ params }: { params: Promise<{ account: string }> }) {
  const { account } = await params
  const asked = { account }
  const api = await server()
  const [view, me, profile, countries, setting, use] = await Promise.all([
    load(api.accounts.view(asked)),
    load(api.accounts.me()),
    load(api.billing.profile.get(asked)),
    load(api.billing.profile.countries(asked)),
    attempt(api.billing.stripe.setting(asked)),
    attempt(api.usage.overview(asked)),
  ])
  const mayEdit = me.roles.includes('admin') || (view.role !== null && view.role !== 'member')
  const amount = (of: bigint | null, currency: string) => (of === null ? '' : decimalText(of, currency))
  return (
    <>
      <Live topics={[`account:${view.id}`]} />
      <PageHead
        title="Billing"
        sub={
          <>
            What is owed for the running period is on <a href={`/${account}/spend`}>Spend</a>.
          </>
        }
      />
      {profile === null ? (
        <Panel title="Nobody sells here yet">
          <Empty title="This installation has no legal entity.">
            Its operators set one up; nothing is billed before.
          </Empty>
        </Panel>
      ) : (
        <div className="split items-start">
          <ProfileForm account={account} profile={profile} countries={countries} mayEdit={mayEdit} />
          <div className="stack">
            {setting.ok ? (
              <PaymentPanel account={account} profile={profile} setting={setting.value} mayEdit={mayEdit} />
            ) : (
              <Panel title="Payment">
                <ErrorPanel title="How it is paid cannot be shown">{setting.message}</ErrorPanel>
              </Panel>
            )}
            <BudgetForm
              key={`${profile.budgetMinor}:${profile.capMinor}:${profile.capAction}`}
              account={account}
              currency={profile.currency}
              budget={amount(profile.budgetMinor, profile.currency)}
              cap={amount(profile.capMinor, profile.currency)}
              capAction={profile.capAction}
              running={use.ok ? use.value.now.running : 0}
              mayEdit={mayEdit}
            />
          </div>
        </div>
      )}
    </>
  )
}
