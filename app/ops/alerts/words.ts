export type Matcher = { label: string; is: 'equal' | 'not'; value: string }

/** `alertname=HostDown, host≠ams1-*`. */
export const matcherWords = (matchers: readonly Matcher[]): string =>
  matchers.map(({ label, is, value }) => `${label}${is === 'equal' ? '=' : '≠'}${value}`).join(', ')
