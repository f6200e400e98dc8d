import { Button } from '../ui/button.tsx'

/** Missing, or not for this person: to outsiders an account does not exist. */
export function PageMissing() {
  return (
    <div className="panel note-block">
      <h1 className="font-semibold">Nothing is at this address</h1>
      <p>It may have been deleted or renamed, or it belongs to an account that you are not a member of.</p>
      <Button href="/">Go to the start</Button>
    </div>
  )
}

/** A role is missing. What is hidden from outsiders is missing instead. */
export function PageForbidden() {
  return (
    <div className="panel note-block">
      <h1 className="font-semibold">Your role does not reach this page</h1>
      <p>
        Pages under Operations need the role operator; a platform admin can grant it. Pages of an account need a role in
        it; an owner of the account can grant that.
      </p>
      <Button href="/">Go to the start</Button>
    </div>
  )
}
