import { Button } from './ui/button.tsx'

export const metadata = { title: 'Not found' }

/** Missing, or not for this person: to outsiders an account does not exist. */
export default function NotFound() {
  return (
    <main id="main" className="mx-auto max-w-[860px] p-4">
      <div className="panel note-block">
        <h1 className="font-semibold">Nothing is at this address</h1>
        <p>It may have been deleted or renamed, or it belongs to an account that you are not a member of.</p>
        <Button href="/">Go to the start</Button>
      </div>
    </main>
  )
}
