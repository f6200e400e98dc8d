import { z } from 'zod'
import { userIdOf } from '../context.ts'
import { DomainError } from '../errors.ts'
import { inAccount, open, router, signedIn } from '../trpc.ts'
import { createRepository } from './createRepository.ts'
import { deleteRepository, keepRepository } from './deleteRepository.ts'
import { deleteTag } from './deleteTag.ts'
import { editRepository, setVisibility } from './editRepository.ts'
import { setCollaborator, setTeam } from './grantAccess.ts'
import { meet, meetAsAdmin, meetToChange } from './meet.ts'
import { moveRepository } from './moveRepository.ts'
import { isEnough, PERMISSIONS } from './permission.ts'
import { accessOf, daysOf, factsOf, lastMove, referencesUnder, starredBy, tagNamed, tagsOf } from './sql.ts'
import { starRepository } from './starRepository.ts'
import { imagesOf } from './tagDetail.ts'

const path = z.string().trim().min(1).max(200)
const one = z.object({ path })
const visibility = z.enum(['public', 'private'])
const permission = z.enum(PERMISSIONS).nullable()
const page = {
  offset: z.number().int().min(0).max(10_000).default(0),
  limit: z.number().int().min(1).max(100).default(25),
}

const hostOf = (publicUrl: string) => new URL(publicUrl).host

export const repositoryRouter = router({
  /** What is said and counted of a repository, and what the asking one may do with it. */
  get: open.input(one).query(async ({ ctx, input }) => {
    const met = await meet(ctx, input.path)
    const facts = await factsOf(ctx.sql, met.id, userIdOf(ctx.actor))
    if (!facts) throw new DomainError('NOT_FOUND', `no repository "${input.path}" that you can see`)
    const { id, accountId, account, name, path, visibility, deleteAt, isMoving, permission } = met
    const seen = { id, accountId, account, name, path, visibility, deleteAt, isMoving, permission: permission ?? null }
    return { ...seen, ...facts, image: `${hostOf(ctx.env.publicUrl)}/${facts.official ? name : path}` }
  }),
  tags: open
    .input(one.extend({ search: z.string().trim().max(128).optional(), ...page }))
    .query(async ({ ctx, input }) => {
      const { id } = await meet(ctx, input.path)
      const { search, offset, limit } = input
      const rows = await tagsOf(ctx.sql, id, { search: search || undefined, offset, limit: limit + 1 })
      return { rows: rows.slice(0, limit), nextOffset: rows.length > limit ? offset + limit : null }
    }),
  /** One tag with its images: platforms and layers. */
  tag: open.input(one.extend({ tag: z.string().min(1).max(128) })).query(async ({ ctx, input }) => {
    const { id } = await meet(ctx, input.path)
    const tag = await tagNamed(ctx.sql, id, input.tag)
    if (!tag) throw new DomainError('NOT_FOUND', `no tag "${input.tag}" in ${input.path}`, { path: 'tag' })
    return { ...tag, ...imagesOf(tag, await referencesUnder(ctx.sql, id, tag.digest)) }
  }),
  /** Pulls and pushes by day; egress and size are for those who may push. */
  days: open.input(one.extend({ days: z.number().int().min(7).max(365).default(30) })).query(async ({ ctx, input }) => {
    const { id, permission } = await meet(ctx, input.path)
    const rows = await daysOf(ctx.sql, id, input.days, ctx.now)
    if (isEnough(permission, 'write')) return rows.map((row) => ({ ...row, isFull: true as const }))
    return rows.map(({ day, pulls }) => ({ day, pulls, isFull: false as const }))
  }),
  create: inAccount(['owner', 'admin'])
    .input(z.object({ name: z.string().max(100), visibility, description: z.string().trim().max(200).default('') }))
    .mutation(({ ctx, input }) => createRepository(ctx, ctx.account, input)),
  edit: signedIn
    .input(
      one.extend({ description: z.string().trim().max(200).optional(), readme: z.string().max(100_000).optional() }),
    )
    .mutation(async ({ ctx, input }) => editRepository(ctx, await meetToChange(ctx, input.path), input)),
  setVisibility: signedIn
    .input(one.extend({ visibility }))
    .mutation(async ({ ctx, input }) => setVisibility(ctx, await meetToChange(ctx, input.path), input.visibility)),
  delete: signedIn
    .input(one.extend({ typedPath: z.string().max(200) }))
    .mutation(async ({ ctx, input }) => deleteRepository(ctx, await meetToChange(ctx, input.path), input.typedPath)),
  keep: signedIn
    .input(one)
    .mutation(async ({ ctx, input }) => keepRepository(ctx, await meetToChange(ctx, input.path))),
  deleteTag: signedIn
    .input(one.extend({ tag: z.string().min(1).max(128) }))
    .mutation(async ({ ctx, input }) => deleteTag(ctx, await meetToChange(ctx, input.path), input.tag)),
  /** Renames it within its account, or gives it to another. */
  rename: signedIn
    .input(one.extend({ account: z.string().max(64), name: z.string().max(100) }))
    .mutation(async ({ ctx, input }) => moveRepository(ctx, await meetToChange(ctx, input.path), input)),
  star: signedIn
    .input(one.extend({ starred: z.boolean() }))
    .mutation(async ({ ctx, input }) => starRepository(ctx, await meet(ctx, input.path), input.starred)),
  starred: signedIn.query(({ ctx }) => {
    const userId = userIdOf(ctx.actor)
    return userId === null ? [] : starredBy(ctx.sql, userId)
  }),
  /** Who may use it, for its admins. */
  access: signedIn
    .input(one)
    .query(async ({ ctx, input }) => accessOf(ctx.sql, (await meetAsAdmin(ctx, input.path)).id)),
  setCollaborator: signedIn
    .input(one.extend({ email: z.email().max(320), permission }))
    .mutation(async ({ ctx, input }) => setCollaborator(ctx, await meetToChange(ctx, input.path), input)),
  setTeam: signedIn
    .input(one.extend({ teamId: z.string().regex(/^\d{1,18}$/), permission }))
    .mutation(async ({ ctx, input }) => setTeam(ctx, await meetToChange(ctx, input.path), input)),
  /** Its last rename or transfer. */
  move: signedIn
    .input(one)
    .query(async ({ ctx, input }) => (await lastMove(ctx.sql, (await meetAsAdmin(ctx, input.path)).id)) ?? null),
})
