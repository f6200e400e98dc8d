import { admin, operator, router } from '../trpc.ts'
import { editStatusPage } from './editStatusPage.ts'
import { exportStatus } from './exportStatus.ts'
import { settingsSchema } from './statusPage/settings.ts'
import { readStatusPage } from './statusPageSql.ts'

export const statusPageRouter = router({
  /** Its settings, where it is seen, and which revision is shown. */
  get: operator.query(({ ctx }) => readStatusPage(ctx.sql, ctx.env.publicUrl)),
  /** All its files as they are to be shown now. */
  files: operator.query(({ ctx }) => exportStatus(ctx.sql, ctx.env.publicUrl, ctx.now)),
  edit: admin.input(settingsSchema).mutation(({ ctx, input }) => editStatusPage(ctx, input)),
})
