import { connect } from '../client.ts'
import { bytes, facts, json, out, table, time } from '../print.ts'
import { noun, verb } from '../verb.ts'

const path = { type: 'positional', required: true, description: 'Its name, such as acme/api.' } as const
const account = { type: 'string', required: true, description: 'The account.', valueHint: 'name' } as const
const isPublic = { type: 'boolean', description: 'Everybody may pull it.' } as const

export const repository = noun('Repositories of images.', {
  list: verb('List the repositories of an account that you may use.', { account }, async (args) => {
    const { repositories } = await connect().registry.account.overview.query({ account: args.account })
    if (args.json) return out(json(repositories))
    out(
      table(
        repositories,
        [
          ['repository', (row) => row.path],
          ['visibility', (row) => row.visibility],
          ['tags', (row) => row.tags, 'right'],
          ['size', (row) => bytes(row.sizeBytes), 'right'],
          ['pulls, 30 d', (row) => row.pullsMonth, 'right'],
          ['last push', (row) => time(row.pushedAt)],
        ],
        'no repositories yet',
      ),
    )
  }),
  search: verb(
    'Find public repositories by what was typed, typing errors included.',
    { text: { type: 'positional', required: true, description: 'Words of names and descriptions.' } },
    async (args) => {
      const { rows } = await connect().registry.search.query({ text: args.text })
      if (args.json) return out(json(rows))
      out(
        table(
          rows,
          [
            ['repository', (row) => row.path],
            ['stars', (row) => row.stars, 'right'],
            ['pulls', (row) => row.pulls, 'right'],
            ['about', (row) => row.description],
          ],
          'nothing is called that',
        ),
      )
    },
  ),
  show: verb('What is said and counted of one.', { path }, async (args) => {
    const row = await connect().registry.repository.get.query({ path: args.path })
    if (args.json) return out(json(row))
    out(
      facts([
        ['Repository', row.path],
        ['Pull', `docker pull ${row.image}`],
        ['Visibility', row.visibility],
        ['About', row.description || '-'],
        ['You may', row.permission ?? 'read'],
        ['Stored', bytes(row.sizeBytes)],
        ['Pulls', row.pulls],
        ['Stars', row.stars],
        ['Tags', row.tags],
        ['Last push', time(row.pushedAt)],
        ['Is deleted', row.deleteAt ? time(row.deleteAt) : 'no'],
      ]),
    )
  }),
  tags: verb('List its newest tags.', { path }, async (args) => {
    const { rows } = await connect().registry.repository.tags.query({ path: args.path, limit: 100 })
    if (args.json) return out(json(rows))
    out(
      table(
        rows,
        [
          ['tag', (row) => row.name],
          ['digest', (row) => row.digest],
          ['platforms', (row) => row.platforms.join(' ')],
          ['size', (row) => bytes(row.sizeBytes), 'right'],
          ['pushed', (row) => time(row.pushedAt)],
        ],
        'no tags yet',
      ),
    )
  }),
  create: verb(
    'Make an empty repository; private unless --public.',
    { path, public: isPublic, description: { type: 'string', description: 'What it is.', valueHint: 'text' } },
    async (args) => {
      const [owner = '', name = ''] = args.path.split('/')
      const made = await connect().registry.repository.create.mutate({
        account: owner,
        name,
        visibility: args.public ? 'public' : 'private',
        ...(args.description ? { description: args.description } : {}),
      })
      out(args.json ? json(made) : `${made.path} is there\n`)
    },
  ),
  visibility: verb('Make one private, or public with --public.', { path, public: isPublic }, async (args) => {
    const visibility = args.public ? ('public' as const) : ('private' as const)
    await connect().registry.repository.setVisibility.mutate({ path: args.path, visibility })
    out(args.json ? json({ path: args.path, visibility }) : `${args.path} is ${visibility}\n`)
  }),
  rename: verb(
    'Give one another name, or another account; pulls under the old name go on.',
    { path, to: { type: 'string', required: true, description: 'The new name.', valueHint: 'acme/api' } },
    async (args) => {
      const [owner = '', name = ''] = args.to.split('/')
      const { path } = await connect().registry.repository.rename.mutate({ path: args.path, account: owner, name })
      out(args.json ? json({ path }) : `${args.path} is on its way to ${path}\n`)
    },
  ),
  delete: verb(
    'Delete one in seven days; until then "keep" keeps it.',
    { path, yes: { type: 'boolean', description: 'Really.' } },
    async (args) => {
      if (!args.yes) return out(`add --yes to delete ${args.path} with all its tags\n`)
      const { deleteAt } = await connect().registry.repository.delete.mutate({
        path: args.path,
        typedPath: args.path,
      })
      out(args.json ? json({ path: args.path, deleteAt }) : `${args.path} is deleted ${time(deleteAt)}\n`)
    },
  ),
  keep: verb('Keep one that was to be deleted.', { path }, async (args) => {
    await connect().registry.repository.keep.mutate({ path: args.path })
    out(args.json ? json({ path: args.path }) : `${args.path} is kept\n`)
  }),
})
