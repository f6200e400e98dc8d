import { load, server } from '../../../../../server.ts'
import { TagView } from '../../../../../registry-parts/tag-view.tsx'
import { Button } from '../../../../../ui/button.tsx'
import { DeleteTag } from './delete-tag.tsx'

export const metadata = { title: 'Tag' }

/** One tag with its platforms and layers. */
export default async function TagPage({
  params,
}: {
  params: Promise<{ account: string; repository: string; tag: string }>
}) {
  const { account, repository: name, tag: encoded } = await params
  const path = `${account}/${name}`
  const api = await server()
  const [repository, tag] = await load(
    Promise.all([
      api.registry.repository.get({ path }),
      api.registry.repository.tag({ path, tag: decodeURIComponent(encoded) }),
    ]),
  )
  const mayDelete = repository.permission === 'admin' && !repository.deleteAt
  return (
    <>
      <div className="row">
        <h2 className="section-title">
          Tag <span className="mono">{tag.name}</span>
        </h2>
        <span className="flex-1" />
        <Button href={`/${account}/repositories/${name}`}>All tags</Button>
        {mayDelete && <DeleteTag account={account} name={name} tag={tag.name} />}
      </div>
      <TagView tag={tag} image={repository.image} />
    </>
  )
}
