'use client'

import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import { isRefusal, useTRPCClient } from '../trpc.tsx'
import { Glyph } from '../ui/glyph.tsx'
import { useTimed } from '../ui/now.ts'
import { absolute, relative } from '../ui/when.ts'
import { connecting, heard, lost, quiet, useLiveState } from './live-state.ts'

const REFRESH_AT_MOST_EVERY_MS = 2000
/** A reconnection within this time is not worth a word. */
const LOST_AFTER_MS = 4000

/**
 * Asks for the page again, at most every 2 s, and neither while nobody looks nor while the server is away: a page that
 * cannot be fetched is left for the browser's own error page.
 */
function refresher(refresh: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = 0
  let isOwed = false
  let isAway = false
  const run = () => {
    timer = undefined
    if (document.hidden || isAway) {
      isOwed = true
      return
    }
    isOwed = false
    last = Date.now()
    refresh()
    heard()
  }
  const ask = () => {
    timer ??= setTimeout(run, Math.max(0, last + REFRESH_AT_MOST_EVERY_MS - Date.now()))
  }
  const onVisible = () => {
    if (!document.hidden && isOwed) ask()
  }
  document.addEventListener('visibilitychange', onVisible)
  return {
    ask,
    setAway(away: boolean) {
      isAway = away
      if (!away && isOwed) ask()
    },
    end() {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    },
  }
}

/**
 * Keeps the page it is on current: hears of changes to `topics` (`hosts`, `host:12`, `account:12`) and asks for
 * the server components anew. Once a page.
 */
export function Live({ topics }: { topics: readonly string[] }) {
  const client = useTRPCClient()
  const router = useRouter()
  const wanted = topics.join(' ')
  useEffect(() => {
    const { ask, setAway, end } = refresher(() => router.refresh())
    let lostTimer: ReturnType<typeof setTimeout> | undefined
    let wasLost = false
    const up = () => {
      clearTimeout(lostTimer)
      lostTimer = undefined
      heard()
      setAway(false)
      if (wasLost) ask()
      wasLost = false
    }
    const down = () => {
      setAway(true)
      lostTimer ??= setTimeout(() => {
        wasLost = true
        lost()
      }, LOST_AFTER_MS)
    }
    connecting()
    const subscription = client.live.changes.subscribe(
      { topics: wanted.split(' ') },
      {
        onStarted: up,
        onData: ask,
        // Refused is not offline: the page is as good as it was, only not live.
        onError: (error) => (isRefusal(error) ? quiet() : down()),
        onConnectionStateChange: ({ state }) => {
          if (state === 'pending') up()
          else if (state === 'connecting') down()
        },
      },
    )
    const onOffline = () => down()
    window.addEventListener('offline', onOffline)
    return () => {
      subscription.unsubscribe()
      window.removeEventListener('offline', onOffline)
      clearTimeout(lostTimer)
      end()
      quiet()
    }
  }, [client, router, wanted])
  return null
}

/** "Live, 2 s ago" in the top bar. Nothing where nothing is live. */
export function LiveMark() {
  const state = useLiveState()
  const at = state.is === 'live' ? state.at : 0
  const ago = useTimed((now) => (at ? relative(at, now) : ''))
  if (state.is === 'idle') return null
  if (state.is === 'live') {
    return (
      <span className="live">
        <i />
        Live, {ago}
      </span>
    )
  }
  return (
    <span className="live waiting">
      <i />
      {state.is === 'offline' ? 'Offline' : 'Connecting'}
    </span>
  )
}

/** Under the top bar while the connection is lost. What is on the page stays, with its age. */
export function OfflineBar() {
  const state = useLiveState()
  const since = state.is === 'offline' ? state.since : 0
  const words = useTimed((now) => (since ? absolute(since, now) : ''))
  return (
    <div role="status">
      {state.is === 'offline' && (
        <div className="banner bar st-unknown">
          <Glyph status="unknown" />
          <div>
            <b>Offline since {words}.</b> The figures are from before. This page catches up by itself.
          </div>
        </div>
      )}
    </div>
  )
}
