'use client'

import type { AppRouter } from '#server/router.ts'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink, TRPCClientError } from '@trpc/client'
import { createTRPCContext } from '@trpc/tanstack-react-query'
import { useState } from 'react'

const context = createTRPCContext<AppRouter>()

/** Typed query and mutation options: `useMutation(useTRPC().hosts.revoke.mutationOptions())`. */
export const useTRPC = context.useTRPC
/** The client itself, for a call outside React Query. */
export const useTRPCClient = context.useTRPCClient

const toJson = (value: unknown): unknown => {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Date || value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(toJson)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]))
}

// Nothing is revived: bigints arrive as decimal strings and times as RFC 3339, whatever the types say.
const transformer = { serialize: toJson, deserialize: (value: unknown) => value }

/** The server understood and said no; asking again will not help. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof TRPCClientError && typeof error.data?.httpStatus === 'number' && error.data.httpStatus < 500

/** Below this, client parts can ask and change; server components use `app/server.ts` instead. */
export function TRPCProvider({ children }: { children: React.ReactNode }) {
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          // Live topics say when to look again; a refusal will not turn into an answer by asking again.
          queries: { staleTime: 15_000, refetchOnWindowFocus: false, retry: (n, error) => n < 2 && !isRefusal(error) },
        },
      }),
  )
  const [client] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [
        splitLink({
          condition: (op) => op.type === 'subscription',
          true: httpSubscriptionLink({ url: '/trpc', transformer }),
          false: httpBatchLink({ url: '/trpc', transformer, maxURLLength: 4000 }),
        }),
      ],
    }),
  )
  return (
    <QueryClientProvider client={queries}>
      <context.TRPCProvider trpcClient={client} queryClient={queries}>
        {children}
      </context.TRPCProvider>
    </QueryClientProvider>
  )
}

/** What to print of a failed call: the server's sentence, or that it could not be reached. */
export const messageOf = (error: unknown): string =>
  error instanceof TRPCClientError && error.data ? error.message : 'The server did not answer. Nothing was changed.'

/** The field a refusal points at, such as `name`, for the error beside it. */
export const pathOf = (error: unknown): string | undefined =>
  error instanceof TRPCClientError && typeof error.data?.path === 'string' ? error.data.path : undefined
