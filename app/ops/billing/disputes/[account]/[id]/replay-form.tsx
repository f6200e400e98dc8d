'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import type { MeterName } from '../../../../../[account]/invoices/words.ts'
import { baseUnits, METER_UNITS, plainUnits } from './units.ts'
import { messageOf, useTRPC } from '../../../../../trpc.tsx'
import { Button } from '../../../../../ui/button.tsx'
import { FieldError, SelectField, TextField } from '../../../../../ui/field.tsx'

/** A usage line whose quantity or price a replay can change. */
export type Correctable = {
  position: number
  description: string
  /** Null where the line is of all apps: then only its price can be corrected. */
  app: string | null
  meter: MeterName
  fromHour: number
  /** Base units. */
  quantity: string
  price: string | null
  unitAmount: string | null
}

/** Corrects one line's quantity or price and recomputes the whole invoice beside the original. */
export function ReplayForm({
  accountId,
  id,
  about,
  lines,
}: {
  accountId: string
  id: string
  about: number | null
  lines: readonly Correctable[]
}) {
  const first = lines.find(({ position }) => position === about) ?? lines[0]
  const [position, setPosition] = useState(first?.position)
  const line = lines.find((one) => one.position === position)
  const [quantity, setQuantity] = useState(first ? plainUnits(first.meter, first.quantity) : '')
  const [unitAmount, setUnitAmount] = useState(first?.unitAmount ?? '')
  const [why, setWhy] = useState('')
  const [fault, setFault] = useState<string>()
  const router = useRouter()
  const trpc = useTRPC()
  const replay = useMutation(
    trpc.billing.evidence.disputes.replay.mutationOptions({ onSuccess: () => router.refresh() }),
  )
  if (!line) return <p className="m-0">No line of this invoice is rated by usage; answer it below.</p>
  const choose = (text: string) => {
    const next = lines.find((one) => one.position === Number(text))
    if (!next) return
    setPosition(next.position)
    setQuantity(plainUnits(next.meter, next.quantity))
    setUnitAmount(next.unitAmount ?? '')
  }
  const run = () => {
    const base = baseUnits(line.meter, quantity)
    if (base === null) return setFault(`A quantity is a decimal in ${METER_UNITS[line.meter]}, such as 12.5`)
    setFault(undefined)
    const isChanged = quantity !== plainUnits(line.meter, line.quantity)
    const usage =
      isChanged && line.app !== null
        ? [{ fromHour: line.fromHour, app: line.app, meter: line.meter, quantity: base }]
        : []
    const prices =
      line.price !== null && line.unitAmount !== null && unitAmount !== line.unitAmount
        ? [{ key: line.price, unitAmount }]
        : []
    replay.mutate({ accountId, id, why, usage, prices })
  }
  const wrong = fault ?? (replay.error ? messageOf(replay.error) : undefined)
  return (
    <form
      className="stack max-w-[560px]"
      onSubmit={(event) => {
        event.preventDefault()
        run()
      }}
    >
      <SelectField
        label="Line"
        value={String(position)}
        onChange={(event) => choose(event.target.value)}
        options={lines.map((one) => ({ value: String(one.position), label: `${one.position}. ${one.description}` }))}
      />
      <TextField
        label={`Quantity, ${METER_UNITS[line.meter]}`}
        inputMode="decimal"
        value={quantity}
        onChange={(event) => setQuantity(event.target.value)}
        disabled={line.app === null}
        help={line.app === null ? 'This line is of all apps together: correct an app’s line, or the price.' : undefined}
      />
      <TextField
        label="Unit price"
        inputMode="decimal"
        value={unitAmount}
        onChange={(event) => setUnitAmount(event.target.value)}
        disabled={line.unitAmount === null}
        help={
          line.unitAmount === null
            ? 'This price has tiers or packages: correct the quantity.'
            : 'For every line of this price.'
        }
      />
      <TextField
        label="Why"
        value={why}
        onChange={(event) => setWhy(event.target.value)}
        help="Kept in the audit log, such as “job left running by our maintenance”."
      />
      {wrong && <FieldError>{wrong}</FieldError>}
      <div className="row">
        <Button type="submit" variant="primary" busy={replay.isPending}>
          Replay invoice
        </Button>
      </div>
    </form>
  )
}
