'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { TextField } from '../../../ui/field.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Banner } from '../../../ui/status.tsx'
import { toast } from '../../../ui/toast.tsx'
import type { VersionRow } from '../page.tsx'
import { Pairs } from './pairs.tsx'
import { PriceFields } from './price-fields.tsx'
import { blankPrice, formOf, termsOf, type TermsForm } from './terms-form.ts'
import { VersionPreview } from './version-preview.tsx'

/** Drafts the next version: edits its terms, shows what they would have done to last month, saves and publishes it. */
export function VersionEditor({
  plan,
  currency,
  interval,
  draft,
  onSale,
}: {
  plan: { key: string; name: string }
  currency: string
  interval: 'month' | 'year'
  draft: VersionRow | undefined
  onSale: VersionRow | undefined
}) {
  const trpc = useTRPC()
  const router = useRouter()
  const base = draft ?? onSale
  const [form, setForm] = useState<TermsForm>(() => formOf(base?.terms, base?.trialDays ?? 0))
  const [fault, setFault] = useState<{ path: string; message: string }>()
  const [asking, setAsking] = useState<'publish' | 'discard'>()
  const preview = useMutation(trpc.billing.catalog.preview.mutationOptions())
  const save = useMutation(trpc.billing.catalog.saveDraft.mutationOptions())
  const publish = useMutation(trpc.billing.catalog.publish.mutationOptions())
  const discard = useMutation(trpc.billing.catalog.discardDraft.mutationOptions())
  const asked = () => ({ plan: plan.key, currency, interval, ...termsOf(form) })
  const wrong = (path: string) =>
    fault && (fault.path === path || fault.path.startsWith(`${path}.`)) ? fault.message : undefined
  const edit = (part: Partial<TermsForm>) => {
    setForm({ ...form, ...part })
    preview.reset()
  }
  /** Runs a call and shows a refusal at its field. */
  const run = async <T,>(call: () => Promise<T>): Promise<T | undefined> => {
    setFault(undefined)
    try {
      return await call()
    } catch (error) {
      setFault({ path: pathOf(error) ?? '', message: messageOf(error) })
      return undefined
    }
  }
  const saved = async () => {
    const done = await run(() => save.mutateAsync(asked()))
    if (!done) return
    toast(`Version ${done.version} is saved as a draft.`)
    router.refresh()
  }
  return (
    <div className="stack">
      {fault && (
        <Banner status="major" title="The terms cannot be taken:" live>
          {fault.message}
          {fault.path && <span className="dim"> ({fault.path.replace(/^terms\./, '')})</span>}
        </Banner>
      )}
      <Panel
        title="Prices"
        sub={`In ${currency}, as many decimals as it takes; what is in advance is paid by the ${interval}, the rest by the month`}
        actions={
          <Button size="sm" icon="plus" onClick={() => edit({ prices: [...form.prices, blankPrice()] })}>
            Add a price
          </Button>
        }
      >
        <div className="stack">
          {form.prices.length === 0 && <Empty title="It costs nothing.">Add a price to charge for it.</Empty>}
          {form.prices.map((price, at) => (
            <PriceFields
              key={price.id}
              price={price}
              at={at}
              onChange={(changed) => edit({ prices: form.prices.map((one) => (one.id === price.id ? changed : one)) })}
              onRemove={() => edit({ prices: form.prices.filter((one) => one.id !== price.id) })}
              wrong={(field) => wrong(`terms.prices.${at}.${field}`)}
            />
          ))}
          <div className="grid grid-cols-1 items-start gap-3 sm:grid-cols-2 lg:grid-cols-4">
            <TextField
              label={`At least, ${currency} a month`}
              help="What metered prices come to at least; empty is none."
              inputMode="decimal"
              value={form.minimum}
              error={wrong('terms.minimum')}
              onChange={(event) => edit({ minimum: event.target.value })}
            />
            <TextField
              label="Trial, days"
              help="Once an account; usage in it is free."
              inputMode="numeric"
              value={form.trialDays}
              error={wrong('trialDays')}
              onChange={(event) => edit({ trialDays: event.target.value })}
            />
          </div>
        </div>
      </Panel>
      <div className="split">
        <Panel title="Limits" sub="What an account on it may have">
          <Pairs
            of={form.entitlements}
            keyLabel="Of what"
            valueLabel="How many"
            placeholder="no limit"
            add="Add a limit"
            error={wrong('terms.entitlements')}
            onChange={(entitlements) => edit({ entitlements })}
          />
        </Panel>
        <Panel title="Promise" sub="Credit of the month’s charge for an app, by its downtime in a month">
          <Pairs
            of={form.promise}
            keyLabel="From, min down"
            valueLabel="Percent"
            add="Add a step"
            error={wrong('terms.promise')}
            onChange={(promise) => edit({ promise })}
          />
        </Panel>
      </div>
      <Panel
        title="What it would change"
        sub="Last month’s invoices, computed again by these terms"
        actions={
          <Button size="sm" busy={preview.isPending} onClick={() => void run(() => preview.mutateAsync(asked()))}>
            Compute it
          </Button>
        }
        flush={preview.data !== undefined}
      >
        {preview.data ? (
          <VersionPreview preview={preview.data} />
        ) : (
          <p className="text-2">Prorated changes, late usage and adjustments stay as they were.</p>
        )}
      </Panel>
      <div className="row flex-wrap">
        <Button variant="primary" busy={save.isPending} onClick={() => void saved()}>
          Save the draft
        </Button>
        {draft && (
          <>
            <Button onClick={() => setAsking('publish')}>Publish version {draft.version}</Button>
            <Button variant="ghost" onClick={() => setAsking('discard')}>
              Discard the draft
            </Button>
          </>
        )}
      </div>
      <ConfirmDialog
        open={asking === 'publish'}
        onOpenChange={(open) => !open && setAsking(undefined)}
        title={`Publish version ${draft?.version} of ${plan.name}?`}
        confirm="Save and publish it"
        cancel="Keep the draft"
        danger={false}
        onConfirm={async () => {
          const { id, version } = await save.mutateAsync(asked())
          await publish.mutateAsync({ id })
          toast(`Version ${version} is on sale.`)
          router.refresh()
        }}
      >
        <p>
          New customers get it from now on, and it never changes again. Those on earlier versions stay there until they
          are moved.
        </p>
      </ConfirmDialog>
      <ConfirmDialog
        open={asking === 'discard'}
        onOpenChange={(open) => !open && setAsking(undefined)}
        title={`Discard version ${draft?.version} of ${plan.name}?`}
        confirm="Discard the draft"
        cancel="Keep the draft"
        onConfirm={async () => {
          if (!draft) return
          await discard.mutateAsync({ id: String(draft.id) })
          toast('The draft is gone.')
          router.refresh()
        }}
      >
        <p>What is on sale stays as it is.</p>
      </ConfirmDialog>
    </div>
  )
}
