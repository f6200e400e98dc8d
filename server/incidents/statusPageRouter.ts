import { admin, operator, router } from '../trpc.ts'
import { editStatusPage } from './editStatusPage.ts'
import { exportStatus } from './exportStatus.ts'
import { bucketSchema, copySoon, readBucket, removeBucket, setBucket } from './statusBucket.ts'
import { settingsSchema } from './statusPage/settings.ts'
import { readStatusPage } from './statusPageSql.ts'

export const statusPageRouter = router({
  /** Its settings, where it is seen, and which revision is shown. */
  get: operator.query(({ ctx }) => readStatusPage(ctx.sql, ctx.env.publicUrl)),
  /** All its files as they are to be shown now. */
  files: operator.query(({ ctx }) => exportStatus(ctx.sql, ctx.env.publicUrl, ctx.now)),
  /** The object store it is copied to; null where it is not. */
  bucket: operator.query(({ ctx }) => readBucket(ctx.sql)),
  setBucket: admin.input(bucketSchema).mutation(({ ctx, input }) => setBucket(ctx, input)),
  removeBucket: admin.mutation(({ ctx }) => removeBucket(ctx)),
  /** Copies it now, as the next change would. */
  copy: operator.mutation(({ ctx }) => copySoon(ctx.sql)),
  edit: admin.input(settingsSchema).mutation(({ ctx, input }) => editStatusPage(ctx, input)),
})
