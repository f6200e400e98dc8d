'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../trpc.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { FieldError } from '../ui/field.tsx'

const moved = (paths: readonly string[], at: number, by: -1 | 1): string[] => {
  const next = [...paths]
  next.splice(at + by, 0, ...next.splice(at, 1))
  return next
}

/** Puts official images in the order they are shown in, for admins of the platform. */
export function OrderOfficial({ paths: shown }: { paths: readonly string[] }) {
  const router = useRouter()
  const [paths, setPaths] = useState<readonly string[]>()
  const order = useMutation(useTRPC().registry.orderOfficial.mutationOptions())
  const list = paths ?? shown
  const save = () =>
    order.mutate(
      { paths: [...list] },
      {
        onSuccess: () => {
          setPaths(undefined)
          router.refresh()
        },
      },
    )
  return (
    <>
      <Button onClick={() => setPaths(shown)}>Order</Button>
      <Dialog
        open={paths !== undefined}
        onOpenChange={(open) => setPaths(open ? shown : undefined)}
        title="Order of official images"
        text="As they stand here when nothing is searched for. Images that come later follow by how much they are used."
        foot={
          <>
            <Button onClick={() => setPaths(undefined)}>Cancel</Button>
            <Button variant="primary" busy={order.isPending} onClick={save}>
              Keep this order
            </Button>
          </>
        }
      >
        <ol className="stack">
          {list.map((path, at) => (
            <li key={path} className="row">
              <code className="flex-1">{path.replace(/^library\//, '')}</code>
              <Button disabled={at === 0} aria-label={`${path} up`} onClick={() => setPaths(moved(list, at, -1))}>
                Up
              </Button>
              <Button
                disabled={at === list.length - 1}
                aria-label={`${path} down`}
                onClick={() => setPaths(moved(list, at, 1))}
              >
                Down
              </Button>
            </li>
          ))}
        </ol>
        {order.error && <FieldError>{messageOf(order.error)}</FieldError>}
      </Dialog>
    </>
  )
}
