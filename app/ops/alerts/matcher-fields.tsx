'use client'

import { Button } from '../../ui/button.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import { numbered } from '../on-call/words.ts'
import type { Matcher } from './words.ts'

/** Conditions on alerts' labels, one a line. */
export function MatcherFields({
  matchers,
  change,
}: {
  matchers: readonly Matcher[]
  change: (next: Matcher[]) => void
}) {
  const set = (n: number, next: Matcher) => change(matchers.map((one, at) => (at === n ? next : one)))
  return (
    <>
      {numbered(matchers).map(({ place, n, of: matcher }) => (
        <div key={place} className="row items-end">
          <TextField
            label="Label"
            value={matcher.label}
            onChange={(event) => set(n, { ...matcher, label: event.target.value })}
          />
          <SelectField
            label="Is"
            value={matcher.is}
            options={[
              { value: 'equal', label: 'equal to' },
              { value: 'not', label: 'not' },
            ]}
            onChange={(event) => set(n, { ...matcher, is: event.target.value === 'not' ? 'not' : 'equal' })}
          />
          <TextField
            label="Value, * for anything"
            value={matcher.value}
            onChange={(event) => set(n, { ...matcher, value: event.target.value })}
          />
          <Button size="sm" variant="ghost" onClick={() => change(matchers.filter((_, other) => other !== n))}>
            Take out
          </Button>
        </div>
      ))}
      <div className="row">
        <Button size="sm" onClick={() => change([...matchers, { label: 'severity', is: 'equal', value: '' }])}>
          Add a condition
        </Button>
      </div>
    </>
  )
}
