'use client'

import { TextField } from '../ui/field.tsx'

/** What sign-in asks of a password, said while it is typed. */
export const passwordFault = (value: string): string | undefined =>
  value.length < 10 ? `At least 10 characters; these are ${value.length}.` : undefined

/** A password that is set, on every page that sets one. */
export function NewPasswordField({ label = 'Password', name = 'password' }: { label?: string; name?: string }) {
  return (
    <TextField
      label={label}
      name={name}
      type="password"
      autoComplete="new-password"
      minLength={10}
      maxLength={200}
      required
      help="At least 10 characters. A few words are better than signs."
      validate={passwordFault}
    />
  )
}
