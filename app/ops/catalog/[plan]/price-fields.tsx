'use client'

import { METER_UNITS } from '../../../billing-parts/price-words.ts'
import { Button, IconButton } from '../../../ui/button.tsx'
import { SelectField, TextField } from '../../../ui/field.tsx'
import type { Model, PriceForm, TierForm } from './terms-form.ts'

const MODELS: { value: Model; label: string }[] = [
  { value: 'flat', label: 'so much, in advance' },
  { value: 'licensed', label: 'for each one bought, in advance' },
  { value: 'per_unit', label: 'for each unit used' },
  { value: 'package', label: 'for each package begun' },
  { value: 'graduated', label: 'each unit by its own tier' },
  { value: 'volume', label: 'every unit by the tier reached' },
]
const METERS = Object.keys(METER_UNITS).map((meter) => ({ value: meter, label: meter }))
const AMOUNT: Partial<Record<Model, string>> = {
  flat: 'Amount',
  licensed: 'Amount each',
  per_unit: 'Amount a unit',
  package: 'Amount a package',
}

/** One price of a version. `wrong` says what the server found at a field. */
export function PriceFields({
  price,
  at,
  onChange,
  onRemove,
  wrong,
}: {
  price: PriceForm
  at: number
  onChange: (price: PriceForm) => void
  onRemove: () => void
  wrong: (field: string) => string | undefined
}) {
  const set = (name: keyof PriceForm) => (event: { target: { value: string } }) =>
    onChange({ ...price, [name]: event.target.value })
  const isMetered = price.model !== 'flat' && price.model !== 'licensed'
  const unit = METER_UNITS[price.meter]
  const amount = AMOUNT[price.model]
  return (
    <fieldset className="rounded-lg border border-hair p-3">
      <legend className="label px-1">{price.name || `Price ${at + 1}`}</legend>
      <div className="grid grid-cols-1 items-start gap-3 sm:grid-cols-2 lg:grid-cols-4">
        <TextField label="Name" value={price.name} error={wrong('name')} onChange={set('name')} />
        <TextField
          label="Key"
          help={price.model === 'licensed' ? 'Adds to the limit of this key.' : undefined}
          value={price.key}
          error={wrong('key')}
          onChange={set('key')}
        />
        <SelectField
          label="Charged"
          value={price.model}
          options={MODELS}
          error={wrong('model')}
          onChange={(event) => onChange({ ...price, model: event.target.value as Model })}
        />
        {isMetered && (
          <SelectField
            label="Meter"
            value={price.meter}
            options={METERS}
            onChange={(event) => onChange({ ...price, meter: event.target.value as PriceForm['meter'] })}
          />
        )}
        {amount && (
          <TextField
            label={amount}
            inputMode="decimal"
            value={price.amount}
            error={wrong('amount') ?? wrong('unitAmount')}
            onChange={set('amount')}
          />
        )}
        {price.model === 'package' && (
          <TextField
            label={`Size, ${unit}`}
            inputMode="decimal"
            value={price.size}
            error={wrong('size')}
            onChange={set('size')}
          />
        )}
        {(price.model === 'licensed' || price.model === 'per_unit' || price.model === 'package') && (
          <TextField
            label={isMetered ? `Included, ${unit}` : 'Included'}
            inputMode="decimal"
            value={price.included}
            error={wrong('included')}
            onChange={set('included')}
          />
        )}
        {price.model === 'licensed' && (
          <TextField label="One is a" value={price.unit} error={wrong('unit')} onChange={set('unit')} />
        )}
      </div>
      {(price.model === 'graduated' || price.model === 'volume') && (
        <Tiers
          tiers={price.tiers}
          unit={unit}
          error={wrong('tiers')}
          onChange={(tiers) => onChange({ ...price, tiers })}
        />
      )}
      <div className="mt-3">
        <Button size="sm" variant="ghost" icon="trash" onClick={onRemove}>
          Remove {price.name || 'the price'}
        </Button>
      </div>
    </fieldset>
  )
}

function Tiers({
  tiers,
  unit,
  error,
  onChange,
}: {
  tiers: TierForm[]
  unit: string
  error: string | undefined
  onChange: (tiers: TierForm[]) => void
}) {
  const set = (at: number, name: keyof TierForm) => (event: { target: { value: string } }) =>
    onChange(tiers.map((tier, i) => (i === at ? { ...tier, [name]: event.target.value } : tier)))
  return (
    <div className="mt-3 flex flex-col gap-2">
      {tiers.map((tier, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- tiers have no name but their place
        <div key={at} className="grid grid-cols-[1fr_1fr_1fr_auto] items-end gap-2">
          <TextField
            label={`Up to, ${unit}`}
            placeholder="no end"
            inputMode="decimal"
            value={tier.upTo}
            error={at === tiers.length - 1 ? error : undefined}
            onChange={set(at, 'upTo')}
          />
          <TextField label="A unit" inputMode="decimal" value={tier.unitAmount} onChange={set(at, 'unitAmount')} />
          <TextField label="Once" inputMode="decimal" value={tier.flatAmount} onChange={set(at, 'flatAmount')} />
          <IconButton
            icon="trash"
            label={`Remove tier ${at + 1}`}
            disabled={tiers.length === 1}
            onClick={() => onChange(tiers.filter((_, i) => i !== at))}
          />
        </div>
      ))}
      <div>
        <Button
          size="sm"
          icon="plus"
          onClick={() => onChange([...tiers, { upTo: '', unitAmount: '', flatAmount: '' }])}
        >
          Add a tier
        </Button>
      </div>
    </div>
  )
}
