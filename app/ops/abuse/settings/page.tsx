import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { Facts, PageHead, Panel } from '../../../ui/panel.tsx'
import { Empty, Forbidden } from '../../../ui/states.tsx'
import { StatusBadge } from '../../../ui/status.tsx'
import { Time } from '../../../ui/time.tsx'
import { Sections } from '../sections.tsx'
import { shown } from '../words.ts'
import { GamePolicyForm, HoldFireForm, LiftLabelForm, ProtectedForm } from './settings-forms.tsx'

export const metadata: Metadata = { title: 'Abuse settings' }

/** Hold fire, who is never acted on, what clusters allow, and when a rule disarms itself. */
export default async function SettingsPage() {
  const api = await server()
  const [of, me] = await Promise.all([load(api.abuse.settings()), load(api.accounts.me())])
  const isAdmin = me.roles.includes('admin')
  const { holdFire, breaker } = of
  return (
    <>
      <CrumbName name="Settings" />
      <PageHead
        title="Settings of abuse"
        sub="Hosts get every change within seconds, and act by the last one they know when we are away."
        actions={<Sections current="/ops/abuse/settings" />}
      />
      <div className="stack">
        {!isAdmin && (
          <Panel>
            <Forbidden needs="admin" grantedBy="an admin, to change these. You can read them" />
          </Panel>
        )}
        <Panel
          title="Hold fire"
          badge={
            holdFire.on ? (
              <StatusBadge status="maintenance" as="chip">
                On
              </StatusBadge>
            ) : (
              <StatusBadge status="operational" as="chip">
                Off
              </StatusBadge>
            )
          }
          sub={
            holdFire.at && (
              <>
                {holdFire.by}, <Time at={holdFire.at} />: {holdFire.reason}
              </>
            )
          }
        >
          <p className="mt-0 mb-3">
            While it is on, nothing is stopped, slowed or struck for abuse anywhere. Findings are kept and judged all
            the same.
          </p>
          {isAdmin && <HoldFireForm isOn={holdFire.on} />}
        </Panel>
        <div className="split">
          <Panel title="Protected accounts" sub="Never acted on, whatever is found">
            {isAdmin ? (
              <ProtectedForm accounts={of.protectedAccounts.join('\n')} />
            ) : (
              <p className="m-0">{of.protectedAccounts.join(', ') || 'None.'}</p>
            )}
          </Panel>
          <Panel title="Protected apps" sub="Set on the app’s own page" flush>
            {of.protectedApps.length === 0 ? (
              <Empty title="No app is protected.">Protect one on its page.</Empty>
            ) : (
              <ul className="m-0 list-disc p-4 pl-8">
                {of.protectedApps.map(({ account, app }) => (
                  <li key={`${account}/${app}`}>
                    <a href={`/${account}/apps/${encodeURIComponent(app)}`}>
                      {account} / {app}
                    </a>
                  </li>
                ))}
              </ul>
            )}
          </Panel>
        </div>
        {of.heldLabels.length > 0 && (
          <Panel
            title="Suspended labels"
            sub="Values of the account label that no account has. What starts under one is stopped within a minute"
          >
            <ul className="m-0 grid list-none gap-4 p-0">
              {of.heldLabels.map(({ label, caseId, why, at }) => (
                <li key={label} className="grid gap-2">
                  <span>
                    <b className="break-all">{shown(label, 120)}</b> since <Time at={new Date(at)} />: {why},{' '}
                    <a className="mono" href={`/ops/abuse/${caseId}`}>
                      AB-{caseId}
                    </a>
                  </span>
                  {isAdmin && <LiftLabelForm label={label} />}
                </li>
              ))}
            </ul>
          </Panel>
        )}
        <Panel title="Game servers" sub="One that answers its own ping proves itself; the cluster says what follows">
          {of.clusters.length === 0 ? (
            <p className="m-0">There is no cluster yet.</p>
          ) : (
            <GamePolicyForm clusters={of.clusters} isAdmin={isAdmin} />
          )}
        </Panel>
        <Panel title="Breakers" sub="A rule that stops too much goes into dry-run by itself and pages">
          <Facts
            of={[
              ['Accounts within 10 min', `over ${breaker.accounts}`],
              ['Share of all containers within 1 h', `over ${breaker.share * 100} %, from 20 stops on`],
              ['Set by', 'WHARF_ABUSE_BREAKER_ACCOUNTS and WHARF_ABUSE_BREAKER_SHARE'],
            ]}
          />
        </Panel>
      </div>
    </>
  )
}
