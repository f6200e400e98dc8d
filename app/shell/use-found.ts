'use client'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useDeferredValue } from 'react'
import { useTRPCClient } from '../trpc.tsx'

export type Found = { kind: 'host' | 'container' | 'account' | 'app'; title: string; detail: string; href: string }

const MIN_LENGTH = 2

/** What the server finds for a text of two characters or more. */
export function useFound(text: string): { items: readonly Found[]; isLooking: boolean } {
  const client = useTRPCClient()
  const wanted = useDeferredValue(text.trim())
  const enabled = wanted.length >= MIN_LENGTH
  const { data, isFetching, isPlaceholderData } = useQuery({
    queryKey: ['search.find', wanted],
    queryFn: ({ signal }) => client.search.find.query({ text: wanted }, { signal }),
    enabled,
    placeholderData: keepPreviousData,
    retry: false,
  })
  const found = enabled ? (data?.items ?? []) : []
  // Of what an earlier text found, only what the present one may still mean: Enter can come before the answer.
  const items = isPlaceholderData ? found.filter(({ title }) => title.includes(wanted)) : found
  return { items, isLooking: enabled && isFetching }
}
