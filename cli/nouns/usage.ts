import { connect } from '../client.ts'
import { usage } from '../failure.ts'
import { bytes, json, number, out, table } from '../print.ts'
import { noun, verb } from '../verb.ts'

const instant = (name: string, value: string): string => {
  const at = new Date(value)
  if (Number.isNaN(at.getTime()))
    throw usage(`--${name} is a time such as 2026-11-01 or 2026-11-01T12:00Z, not "${value}"`)
  return at.toISOString()
}

const MIB_S_PER_GIB_H = 3_686_400

export const usageNoun = noun('What accounts used.', {
  show: verb(
    'Show an account’s usage by app; this month where no window is given.',
    {
      account: { type: 'string', required: true, description: 'The account.', valueHint: 'name' },
      app: { type: 'string', description: 'One app only.', valueHint: 'name' },
      from: { type: 'string', description: 'Start, in UTC.', valueHint: 'time' },
      to: { type: 'string', description: 'End, not included.', valueHint: 'time' },
      csv: { type: 'boolean', description: 'Print every hour as CSV, in the smallest units.' },
    },
    async (args) => {
      const now = new Date()
      const window = {
        from: args.from
          ? instant('from', args.from)
          : new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)).toISOString(),
        to: args.to ? instant('to', args.to) : now.toISOString(),
      }
      const input = { account: args.account, window, ...(args.app ? { app: args.app } : {}) }
      const api = connect()
      if (args.csv) {
        const file = await api.usage.export.query({ ...input, format: 'csv' })
        return out(typeof file === 'string' ? file : file.text)
      }
      const totals = await api.usage.totals.query(input)
      if (args.json) return out(json(totals))
      // Over the wire the meters are decimal strings.
      const hours = (value: unknown) => number(Number(value) / MIB_S_PER_GIB_H, 3)
      out(
        table(
          totals.used,
          [
            ['app', (u) => u.app],
            ['cpu, vcpu-h', (u) => number(Number(u.cpuUs) / 3.6e9, 3), 'right'],
            ['memory, gib-h', (u) => hours(u.memoryMibS), 'right'],
            ['disk, gib-h', (u) => hours(u.diskMibS), 'right'],
            ['volumes, gib-h', (u) => hours(u.volumesMibS), 'right'],
            ['logs, gib-h', (u) => hours(u.logsMibS), 'right'],
            ['received', (u) => bytes(String(u.rxBytes)), 'right'],
            ['sent', (u) => bytes(String(u.txBytes)), 'right'],
          ],
          'nothing was used in this window',
        ),
      )
    },
  ),
})
