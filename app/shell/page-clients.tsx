'use client'

import { TRPCProvider } from '../trpc.tsx'
import { setServerNow } from '../ui/now.ts'
import { SoftLinks } from '../ui/soft-links.tsx'
import { ToastHost } from '../ui/toast.tsx'
import { TooltipHost } from '../ui/tooltip.tsx'
import { useEffect } from 'react'

/** What every page shares in the browser: the API client, soft links, tooltips and toasts. */
export function PageClients({ serverNowMs, children }: { serverNowMs: number; children: React.ReactNode }) {
  useEffect(() => setServerNow(serverNowMs), [serverNowMs])
  return (
    <TRPCProvider>
      {children}
      <SoftLinks />
      <TooltipHost />
      <ToastHost />
    </TRPCProvider>
  )
}
