'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyText } from '../../ui/copy-text.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField } from '../../ui/field.tsx'
import { Time } from '../../ui/time.tsx'

const USES = [1, 5, 20, 100].map((n) => ({ value: String(n), label: n === 1 ? 'one host' : `up to ${n} hosts` }))
const HOURS = [
  { value: '1', label: '1 h' },
  { value: '24', label: '24 h' },
  { value: '168', label: '7 d' },
]

/** Makes a join token and shows, once, the line that brings a host in. */
export function AddHost({ clusters, opened = false }: { clusters: readonly string[]; opened?: boolean }) {
  const [open, setOpen] = useState(opened)
  const router = useRouter()
  const create = useMutation(useTRPC().hosts.joinTokens.create.mutationOptions())
  const close = (next: boolean) => {
    setOpen(next)
    if (next) return
    // The token is shown once: what the dialog closed over is gone.
    create.reset()
    router.refresh()
  }
  const made = create.data
  return (
    <>
      <Button variant="primary" icon="plus" onClick={() => setOpen(true)}>
        Add a host
      </Button>
      <Dialog
        open={open}
        onOpenChange={close}
        title={made ? 'Run this on the host' : 'Add a host'}
        text={
          made
            ? 'As root, on a Linux host with systemd. The token is shown only now.'
            : 'A join token lets a host enrol: the host makes its own key, and only the key’s public half leaves it.'
        }
        wide
        foot={
          made ? (
            <Button variant="primary" onClick={() => close(false)}>
              Done
            </Button>
          ) : (
            <>
              <Button onClick={() => close(false)}>Keep the fleet as it is</Button>
              <Button variant="primary" type="submit" form="add-host" busy={create.isPending}>
                Make a join token
              </Button>
            </>
          )
        }
      >
        {made ? (
          <Ways made={made} />
        ) : (
          <form
            id="add-host"
            className="stack"
            onSubmit={(event) => {
              event.preventDefault()
              const of = new FormData(event.currentTarget)
              create.mutate({
                cluster: String(of.get('cluster')),
                maxUses: Number(of.get('uses')),
                expiresInHours: Number(of.get('hours')),
              })
            }}
          >
            <SelectField
              label="Cluster"
              name="cluster"
              options={clusters.map((name) => ({ value: name, label: name }))}
              help="Quotas and how far container labels are believed are set by cluster."
            />
            <SelectField label="For" name="uses" options={USES} />
            <SelectField label="Expires in" name="hours" options={HOURS} defaultValue="24" />
            {create.error && <FieldError>{messageOf(create.error)}</FieldError>}
          </form>
        )}
      </Dialog>
    </>
  )
}

type Made = { token: string; cluster: string; publicUrl: string; expiresAt: Date }

function Ways({ made: { token, cluster, publicUrl, expiresAt } }: { made: Made }) {
  const local = /\/\/(localhost|127\.|\[::1\])/.test(publicUrl)
  // Where the page itself came from is what a host can reach at least as well as "localhost".
  const url = local ? window.location.origin : publicUrl
  return (
    <div className="stack">
      <CopyText wrap label="Copy the line" text={`curl -fsSL ${url}/install.sh | sudo sh -s -- --token ${token}`} />
      <p className="text-2">
        It installs the agent and the unit wharf-agent.service, brings Node along where the host has none, and verifies
        checksums. The host joins {cluster} and is on this page within a minute. The token works until{' '}
        <Time at={expiresAt} show="absolute" />.
      </p>
      {local && (
        <p className="text-2">
          This control plane calls itself {publicUrl}, which other hosts cannot reach. Set WHARF_PUBLIC_URL to its
          public address.
        </p>
      )}
      <p className="text-2">Without systemd:</p>
      <CopyText wrap label="Copy the command" text={`npx wharf agent enrol --url ${url} --token ${token}`} />
    </div>
  )
}
