import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'

/** What stands where amounts would, for an account without a plan: now, or in the period asked for. */
export function NoPlan({ title, account, then }: { title: string; account: string; then: boolean }) {
  return (
    <>
      <PageHead title={title} />
      <Panel title="No plan in this period">
        <Empty
          title={then ? `${account} had no plan then.` : `${account} has no plan yet.`}
          action={
            <a href={`/${account}/${then ? 'spend' : 'usage'}`}>{then ? 'Show the running period' : 'Show usage'}</a>
          }
        >
          Usage is counted from a container's first minute. It costs nothing until the account is on a plan.
        </Empty>
      </Panel>
    </>
  )
}
