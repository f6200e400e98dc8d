import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Popover } from '../ui/popover.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { one, type PageWindow, type Search, WINDOWS, withQuery } from './window.ts'

/** Which time the page is about, in the URL: a few lengths, or days of one's own. */
export function WindowPicker({
  path,
  search,
  window,
  offered = WINDOWS.map((w) => w.name),
}: {
  path: string
  search: Search
  window: PageWindow
  offered?: readonly string[]
}) {
  const kept = Object.entries(search).filter(([key]) => !['window', 'from', 'to'].includes(key))
  return (
    <div className="row">
      <Segmented
        label="Window"
        items={WINDOWS.filter((w) => offered.includes(w.name)).map((w) => ({
          label: w.label,
          href: withQuery(path, search, { window: w.name, from: undefined, to: undefined }),
          current: w.name === window.name,
        }))}
      />
      <Popover title="Days, UTC" button={window.name === 'custom' ? window.words : 'Other days'}>
        <form action={path} method="get" className="stack p-3">
          {kept.map(([key, value]) => (
            <input key={key} type="hidden" name={key} value={one(value) ?? ''} />
          ))}
          <input type="hidden" name="window" value="custom" />
          <TextField
            label="First day"
            type="date"
            name="from"
            required
            defaultValue={window.first ?? window.from.toISOString().slice(0, 10)}
          />
          <TextField
            label="Last day"
            type="date"
            name="to"
            required
            defaultValue={window.last ?? window.to.toISOString().slice(0, 10)}
          />
          <Button type="submit" variant="primary">
            Show these days
          </Button>
        </form>
      </Popover>
    </div>
  )
}
