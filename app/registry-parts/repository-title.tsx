import { Tag } from '../ui/status.tsx'
import { Visibility } from './visibility.tsx'

type Repository = { path: string; official: boolean; visibility: Parameters<typeof Visibility>[0]['of'] }

/** A repository's path, and who may see it. */
export function RepositoryTitle({ of }: { of: Repository }) {
  return (
    <span className="row">
      {of.path}
      {of.official ? <Tag>Official</Tag> : <Visibility of={of.visibility} />}
    </span>
  )
}
