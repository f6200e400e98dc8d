import { Button } from '../ui/button.tsx'

/** The same for a repository that is hidden and for none. */
export default function NotFound() {
  return (
    <div className="panel note-block">
      <h1 className="font-semibold">Nothing is at this address</h1>
      <p>
        The repository may have been deleted or renamed, or it is private and you are not signed in as somebody with
        access.
      </p>
      <Button href="/explore">Explore public repositories</Button>
    </div>
  )
}
