/** How far the labels of containers are believed, as the cluster says. */
export const TRUSTS = {
  platform: {
    short: 'believed',
    label: 'Only the platform creates containers here',
    consequence: 'The account label is believed as it is.',
  },
  tenant: {
    short: 'name apps only',
    label: 'The hosts belong to one account',
    consequence: 'Everything there is that account’s; labels name its apps only.',
  },
  signed: {
    short: 'with signature',
    label: 'Anybody may create containers here',
    consequence: 'A label counts only with the control plane’s signature.',
  },
} as const
export type Trust = keyof typeof TRUSTS
