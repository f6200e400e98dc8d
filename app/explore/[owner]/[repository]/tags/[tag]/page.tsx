import { load, server } from '../../../../../server.ts'
import { TagView } from '../../../../../registry-parts/tag-view.tsx'
import { Button } from '../../../../../ui/button.tsx'
import { PageHead } from '../../../../../ui/panel.tsx'

export const metadata = { title: 'Tag' }

/** One tag of a repository that everybody, or the one who asks, can pull. */
export default async function PublicTagPage({
  params,
}: {
  params: Promise<{ owner: string; repository: string; tag: string }>
}) {
  const { owner, repository: name, tag: encoded } = await params
  const path = `${owner}/${name}`
  const api = await server()
  const [repository, tag] = await load(
    Promise.all([
      api.registry.repository.get({ path }),
      api.registry.repository.tag({ path, tag: decodeURIComponent(encoded) }),
    ]),
  )
  return (
    <>
      <PageHead
        title={`${repository.path}:${tag.name}`}
        sub={repository.description || 'No description.'}
        actions={<Button href={`/explore/${repository.path}`}>All tags</Button>}
      />
      <TagView tag={tag} image={repository.image} />
    </>
  )
}
