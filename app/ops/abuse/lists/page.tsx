import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Time } from '../../../ui/time.tsx'
import { Sections } from '../sections.tsx'
import { counted } from '../words.ts'
import { ListEditor } from './list-editor.tsx'

export const metadata: Metadata = { title: 'Abuse lists' }

/** The data that rules name, with its age and source. */
export default async function ListsPage() {
  const api = await server()
  const [{ lists, rules }, me] = await Promise.all([load(api.abuse.rules()), load(api.accounts.me())])
  return (
    <>
      <CrumbName name="Lists" />
      <PageHead
        title="Lists"
        sub="Names are matched as containers resolve them, never shared addresses. Third parties are never probed."
        actions={<Sections current="/ops/abuse/lists" />}
      />
      <div className="stack">
        {lists.length === 0 && (
          <Panel>
            <Empty title="No list yet.">The built-in ones come with the first host.</Empty>
          </Panel>
        )}
        {lists.map((list) => {
          const uses = rules.filter((rule) => rule.op === 'in_list' && rule.value === list.name)
          return (
            <Panel
              key={list.name}
              title={list.name}
              sub={
                <>
                  {counted(list.entries.length, 'name')}, from {list.source}. Updated{' '}
                  <Time at={`${list.updatedAt}T00:00:00Z`} />
                </>
              }
            >
              <p className="dim mt-0 text-sm mb-3">
                Used by {uses.length === 0 ? 'no rule' : uses.map(({ id }) => id).join(', ')}.
              </p>
              <ListEditor
                name={list.name}
                source={list.source}
                entries={list.entries.join('\n')}
                isAdmin={me.roles.includes('admin')}
              />
            </Panel>
          )
        })}
      </div>
    </>
  )
}
