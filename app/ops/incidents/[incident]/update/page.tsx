import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { one, type Search } from '../../../../[account]/window.ts'
import { load, server } from '../../../../server.ts'
import { CrumbName } from '../../../../shell/crumbs.tsx'
import { PageHead, Panel } from '../../../../ui/panel.tsx'
import { Tag } from '../../../../ui/status.tsx'
import { Time } from '../../../../ui/time.tsx'
import { stateWords } from '../../words.ts'
import { Acknowledge } from './acknowledge.tsx'
import { Composer } from './composer.tsx'
import { statesOf } from './content.ts'

export const metadata: Metadata = { title: 'Post update' }

const WORDS: Partial<Record<string, string>> = {
  postmortem: 'What happened, and what we have changed since, is written down on the page of this incident.',
}

/**
 * Where an alert's page leads: everything filled in, one tap from being told. `?correct=` and `?retract=` name an update,
 * `?state=` what it begins with. */
export default async function UpdatePage({
  params,
  searchParams,
}: {
  params: Promise<{ incident: string }>
  searchParams: Promise<Search>
}) {
  const { incident } = await params
  if (!/^INC-\d+$/.test(incident)) notFound()
  const search = await searchParams
  const api = await server()
  const begin = await load(api.incidents.incident.compose({ incident }))
  const { name, title, isDrill, nextUpdateDue, acknowledgedAt, state } = begin.incident
  const [correct, retract] = [one(search['correct']), one(search['retract'])]
  const aboutId = correct ?? retract
  const about = aboutId && /^\d+$/.test(aboutId) ? aboutId : undefined
  const kind = about ? (correct ? 'correction' : 'retraction') : 'update'
  const verb = {
    update: `Post update ${begin.seen + 1}`,
    correction: 'Correct an update',
    retraction: 'Retract an update',
  }
  const aboutText = about
    ? (await load(api.incidents.incident.get({ incident }))).said.find(({ id }) => String(id) === about)?.text
    : undefined
  const wanted = statesOf(begin.incident.kind, state).find((of) => of === one(search['state']))
  const content = wanted
    ? { ...begin.content, state: wanted, text: begin.content.text || (WORDS[wanted] ?? '') }
    : begin.content
  return (
    <>
      <CrumbName name={verb[kind]} />
      <PageHead
        title={verb[kind]}
        sub={
          <>
            <a href={`/ops/incidents/${name}`} className="mono">
              {name}
            </a>{' '}
            {title} {isDrill && <Tag>Drill</Tag>}
            {begin.last && (
              <>
                {' '}
                Update {begin.last.number} is from <Time at={begin.last.at} />.
              </>
            )}
          </>
        }
        actions={acknowledgedAt === null ? <Acknowledge incident={name} /> : undefined}
      />
      <Composer
        key={`${name} ${kind} ${about ?? ''}`}
        incident={{ name, title, isDrill, state, kind: begin.incident.kind, audience: begin.incident.audience }}
        nextUpdateDue={nextUpdateDue}
        kind={kind}
        aboutId={about}
        aboutText={aboutText}
        seen={begin.seen}
        content={content}
        savedAt={begin.savedAt}
        components={begin.components}
        hosts={begin.hosts}
        templates={begin.templates.map(({ key, name, texts }) => ({ key, name, texts }))}
      />
      {begin.last && (
        <Panel className="mt-4" title={`Update ${begin.last.number}`} sub={stateWords(begin.last.state)}>
          <p className="text-2">{begin.last.text}</p>
        </Panel>
      )}
    </>
  )
}
