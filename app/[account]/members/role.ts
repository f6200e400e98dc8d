export type Role = 'owner' | 'admin' | 'billing' | 'member'

/** What each role may, as a choice states it. */
export const ROLE_OPTIONS = [
  { value: 'member', label: 'member', consequence: 'Uses apps and sees usage.' },
  { value: 'billing', label: 'billing', consequence: 'Sees usage, sees and pays bills.' },
  { value: 'admin', label: 'admin', consequence: 'All that, and manages members, teams and tokens.' },
  { value: 'owner', label: 'owner', consequence: 'Everything, also other owners and closing the account.' },
] as const satisfies readonly { value: Role; label: string; consequence: string }[]

/** The roles that somebody may give. */
export const rolesToGive = (mayMakeOwners: boolean) =>
  ROLE_OPTIONS.filter((option) => mayMakeOwners || option.value !== 'owner')
