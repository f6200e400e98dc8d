import type { Metadata } from 'next'
import { load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { KpiStrip } from '../../ui/kpis.tsx'
import { PageHead } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Groups } from './groups.tsx'

export const metadata: Metadata = { title: 'Unattributed' }

/** Containers whose labels name no known account: counted all the same, and to be mapped. */
export default async function UnattributedPage() {
  const api = await server()
  const [groups, me] = await Promise.all([load(api.usage.unattributed()), load(api.accounts.me())])
  const sum = (of: (g: (typeof groups)[number]) => number) => groups.reduce((total, g) => total + of(g), 0)
  const cpu = groups.reduce((total, g) => total + g.cpuUs, 0n)
  return (
    <>
      <Live topics={['usage:0']} />
      <PageHead
        title="Unattributed"
        sub="Usage that no known account owns. It is counted and kept; mapped, it moves to its account with all its hours."
      />
      <div className="stack">
        <KpiStrip
          of={[
            {
              label: 'Containers',
              figure: <Qty of="count" value={sum((g) => g.containers)} />,
              note: `${sum((g) => g.running)} run`,
            },
            { label: 'Groups', figure: <Qty of="count" value={groups.length} /> },
            { label: 'CPU in 24 h', figure: <Qty of="cpuUs" value={cpu} /> },
            {
              label: 'Memory in 24 h',
              figure: <Qty of="mibS" value={groups.reduce((total, g) => total + g.memoryMibS, 0n)} />,
            },
          ]}
        />
        <Groups rows={groups} mayMap={me.roles.includes('admin')} />
      </div>
    </>
  )
}
