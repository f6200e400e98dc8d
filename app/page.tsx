import { redirect } from 'next/navigation'
import { load, server } from './server.ts'

/** The start sends everybody to where they work: operators to the fleet, customers to their account. */
export default async function Start() {
  const me = await load((await server()).accounts.whoami())
  if (!me) redirect('/sign-in')
  if (me.roles.length > 0) redirect('/ops')
  const organization = me.accounts.find((account) => account.kind === 'organization')
  const [first] = me.accounts
  redirect(`/${organization?.name ?? first?.name ?? 'settings'}`)
}
