import type { Metadata } from 'next'
import { load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { matcherWords } from '../alerts/words.ts'
import { Calendar } from './calendar.tsx'
import { Contacts } from './contacts.tsx'
import { Drill } from './drill.tsx'
import './on-call.css'
import { OverrideDialog, RemoveOverride } from './override-dialog.tsx'
import { Pages } from './pages.tsx'
import { EditPolicy } from './policy-dialog.tsx'
import { EditSchedule } from './schedule-dialog.tsx'
import { numbered, targetWords, type PolicyOption } from './words.ts'

export const metadata: Metadata = { title: 'On call' }

/** Who is on call, who is woken when, how they are reached, and who was. */
export default async function OnCallPage() {
  const api = await server()
  const { onCall } = api.incidents
  const [me, schedules, people, policies, contacts, kinds, pages] = await load(
    Promise.all([
      api.accounts.me(),
      onCall.schedules({ days: 28 }),
      onCall.people(),
      onCall.policies(),
      onCall.contacts(),
      onCall.contactKinds(),
      onCall.pages({ limit: 30 }),
    ]),
  )
  const nameOf = (userId: string | null) =>
    userId === null ? 'nobody' : (people.find(({ id }) => id === userId)?.name ?? 'somebody who left')
  const options = schedules.map(({ id, name }) => ({ id: String(id), name }))
  const kept: PolicyOption[] = policies.map(({ id, ...policy }) => ({ ...policy, id: String(id) }))
  return (
    <>
      <Live topics={['oncall', 'pages']} />
      <PageHead
        title="On call"
        sub="Who is woken, in which order, and how. A page repeats until somebody acknowledges."
        actions={
          <>
            <Drill policies={kept} />
            <EditSchedule people={people} schedule={null} />
          </>
        }
      />
      <div className="stack">
        <Panel title="Pages" sub="those that wait first, then newest" flush>
          <Pages pages={pages.map(({ id, ...page }) => ({ ...page, id: String(id) }))} />
        </Panel>
        {schedules.length === 0 && (
          <Panel title="On call now">
            <Empty title="No schedule yet">Until there is one, every page wakes all operators.</Empty>
          </Panel>
        )}
        {schedules.map(({ id, overrides, shifts, now, name, timeZone, layers }) => (
          <Panel
            key={String(id)}
            title={name}
            sub={`${nameOf(now)} now, ${timeZone}`}
            actions={
              <>
                <OverrideDialog scheduleId={String(id)} people={people} />
                <EditSchedule people={people} schedule={{ id: String(id), name, timeZone, layers }} />
              </>
            }
          >
            <div className="stack">
              <Calendar
                label={`Shifts of ${name}`}
                people={people}
                shifts={shifts.map((shift) => ({ ...shift, name: nameOf(shift.userId) }))}
              />
              {overrides.length > 0 && (
                <Table
                  label={`Overrides of ${name}`}
                  rows={overrides}
                  rowKey={(one) => String(one.id)}
                  columns={[
                    { head: 'Override', phone: 'title', cell: ({ userId }) => nameOf(userId) },
                    { head: 'From', cell: ({ from }) => <Time at={from} show="absolute" /> },
                    { head: 'Until', cell: ({ until }) => <Time at={until} show="absolute" /> },
                    { head: '', cell: (one) => <RemoveOverride id={String(one.id)} /> },
                  ]}
                />
              )}
            </div>
          </Panel>
        ))}
        <Panel
          title="Policies"
          sub="the first that matches an alert pages"
          actions={<EditPolicy policy={null} people={people} schedules={options} />}
          flush
        >
          <Table
            label="Escalation policies"
            rows={kept}
            rowKey={({ id }) => id}
            empty={<Empty title="No policy yet">What is critical wakes all operators, every 5 minutes.</Empty>}
            columns={[
              { head: 'Policy', phone: 'title', cell: ({ name }) => name },
              {
                head: 'For alerts with',
                prose: true,
                cell: ({ matchers }) => (matchers.length > 0 ? matcherWords(matchers) : 'anything critical'),
              },
              {
                head: 'Wakes',
                prose: true,
                cell: ({ steps, repeatMinutes }) => (
                  <ol>
                    {numbered(steps).map(({ place, n, of: step }) => (
                      <li key={place}>
                        {n > 0 && `after ${step.afterMinutes} min `}
                        {step.targets.map((target) => targetWords(target, options, people)).join(' and ')}
                      </li>
                    ))}
                    <li className="text-2">then again every {repeatMinutes} min</li>
                  </ol>
                ),
              },
              {
                head: '',
                cell: (policy) => <EditPolicy policy={policy} people={people} schedules={options} />,
              },
            ]}
          />
        </Panel>
        <Contacts
          me={me.user?.id ?? null}
          people={people}
          kinds={kinds}
          contacts={contacts.map(({ id, ...contact }) => ({ ...contact, id: String(id) }))}
        />
      </div>
    </>
  )
}
