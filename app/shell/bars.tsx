import { Banner } from '../ui/status.tsx'
import { Tag } from '../ui/status.tsx'

/** A reason an account is suspended. */
export type Hold = { kind: string; reason: string }

/** On every page of a suspended account: which holds, why, what still works, and who lifts them. */
export function HoldBar({ account, holds }: { account: string; holds: readonly Hold[] }) {
  if (holds.length === 0) return null
  return (
    <Banner bar status="major" title={`${account} is suspended`}>
      {holds.map((hold) => (
        <span key={hold.kind + hold.reason} className="mr-3">
          <Tag>{hold.kind}</Tag> {hold.reason}
        </span>
      ))}
      <span className="text-2">
        You can read everything here; changes wait until each hold is lifted by an operator.
      </span>
    </Banner>
  )
}

/** An operator on a customer's page: they see what the customer sees, and must know that it is not theirs. */
export function ViewingBar({ account }: { account: string }) {
  return (
    <Banner bar status="maintenance" title={`Viewing ${account} as operator`}>
      You see what its members see. What you change is in the audit log. <a href="/ops/accounts">Back to accounts</a>
    </Banner>
  )
}

/** Over every page of the demo. */
export function DemoBar() {
  return (
    <div className="demo-bar">
      <b>Demo</b> Simulated fleet: hosts, containers and figures are made up.
    </div>
  )
}
