export type ForPostmortem = {
  incident: string
  title: string
  startedAt: Date
  detectedAt: Date
  acknowledgedAt: Date | null
  resolvedAt: Date | null
  impact: string
  components: readonly string[]
  hosts: number
  accounts: number
  updates: readonly { displayAt: Date; state: string; text: string }[]
}

const at = (time: Date) => `${time.toISOString().slice(0, 10)} ${time.toISOString().slice(11, 16)} UTC`
const minutes = (from: Date, to: Date | null) => (to ? `${Math.round((+to - +from) / 60_000)} min` : 'not yet')

/** A postmortem to begin with: the facts and the timeline as recorded, and the questions that only people can answer. */
export const prefillPostmortem = (of: ForPostmortem): string => {
  const lines = [
    `# ${of.incident}: ${of.title}`,
    '',
    '## Summary',
    '',
    'What happened, in two sentences a customer understands.',
    '',
    '## Impact',
    '',
    `- ${of.impact}, ${minutes(of.startedAt, of.resolvedAt)} from start to end`,
    ...(of.components.length > 0 ? [`- ${of.components.join(', ')}`] : []),
    `- ${of.hosts} ${of.hosts === 1 ? 'host' : 'hosts'}, ${of.accounts} ${of.accounts === 1 ? 'customer' : 'customers'}`,
    `- Detected after ${minutes(of.startedAt, of.detectedAt)}, acknowledged after ${minutes(of.startedAt, of.acknowledgedAt)}`,
    '',
    '## Timeline',
    '',
    `- ${at(of.startedAt)}: it began`,
    `- ${at(of.detectedAt)}: it was detected`,
    ...of.updates.map(({ displayAt, state, text }) => `- ${at(displayAt)} (${state}): ${text.replaceAll('\n', ' ')}`),
    '',
    '## Cause',
    '',
    '## What went well, what did not',
    '',
    '## What we change, and by when',
    '',
  ]
  return lines.join('\n')
}
