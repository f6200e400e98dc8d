import { redirect } from 'next/navigation'
import { attempt, server } from '../../../server.ts'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { ErrorPanel } from '../../../ui/states.tsx'
import { one, type Search } from '../../window.ts'

export const metadata = { title: 'Card' }

/** Where Stripe's Checkout leads back to: takes notice of what was given there, and goes on to billing. */
export default async function CardPage({
  params,
  searchParams,
}: {
  params: Promise<{ account: string }>
  searchParams: Promise<Search>
}) {
  const { account } = await params
  const session = one((await searchParams)['session'])
  if (!session) redirect(`/${account}/billing`)
  const api = await server()
  const taken = await attempt(api.billing.stripe.returned({ account, session }))
  if (taken.ok) redirect(`/${account}/billing`)
  return (
    <>
      <PageHead title="Card" />
      <Panel title="Stripe's answer is not here yet">
        <ErrorPanel title="What was given at Stripe could not be read">
          {taken.message} Nothing is lost: Stripe tells us of it by itself.{' '}
          <a href={`/${account}/billing`}>Back to billing</a>
        </ErrorPanel>
      </Panel>
    </>
  )
}
