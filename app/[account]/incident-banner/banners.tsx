'use client'

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '../../trpc.tsx'
import { IconButton } from '../../ui/button.tsx'
import { Banner } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { glyphOf, impactWords, stateWords } from '../../ops/incidents/words.ts'

export type BannerView = {
  incident: string
  title: string
  state: string
  impact: string
  text: string
  updateId: string
  at: Date
  apps: string[]
}

/** What touches this account's apps now. Closed, it stays away until there is news. */
export function IncidentBanners({ account, banners }: { account: string; banners: readonly BannerView[] }) {
  const [closed, setClosed] = useState<readonly string[]>([])
  const close = useMutation(useTRPC().incidents.incident.closeBanner.mutationOptions())
  return banners
    .filter(({ updateId }) => !closed.includes(updateId))
    .map(({ incident, title, state, impact, text, updateId, at, apps }) => (
      <Banner
        key={updateId}
        bar
        live
        status={state === 'resolved' || state === 'completed' ? 'operational' : glyphOf(impact)}
        title={state === 'resolved' || state === 'completed' ? 'Resolved' : impactWords(impact)}
        actions={
          <IconButton
            icon="x"
            label={`Close the notice about ${title}`}
            className="ml-auto"
            onClick={() => {
              setClosed([...closed, updateId])
              close.mutate({ account, updateId })
            }}
          />
        }
      >
        <b>{title}.</b> {text} <span className="text-2">Your apps there: {apps.join(', ')}.</span>{' '}
        <a href={`/status/i/${incident}`}>
          {stateWords(state)} <Time at={at} show="relative" />
        </a>
      </Banner>
    ))
}
