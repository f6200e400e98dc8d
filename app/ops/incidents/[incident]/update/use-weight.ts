'use client'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTRPC } from '../../../../trpc.tsx'
import type { Content } from './content.ts'

/** A value as it was when it last stood still for so long. */
export function useSettled<T>(value: T, afterMs: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs)
    return () => clearTimeout(timer)
  }, [value, afterMs])
  return settled
}

/** Whom the update is about, and what to look at before it goes out. */
export function useWeight(incident: string, content: Content) {
  const { text, overrides, state, components, hosts, nextUpdateMinutes } = useSettled(content, 350)
  return useQuery({
    ...useTRPC().incidents.incident.weigh.queryOptions({
      incident,
      text,
      overrides,
      state,
      components,
      hosts,
      nextUpdateMinutes,
    }),
    placeholderData: keepPreviousData,
  }).data
}
