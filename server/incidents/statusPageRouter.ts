import { admin, operator, router } from '../trpc.ts'
import { editStatusPage } from './editStatusPage.ts'
import { settingsSchema } from './statusPage/settings.ts'
import { readStatusPage } from './statusPageSql.ts'

export const statusPageRouter = router({
  /** Its settings, where it is seen, and which revision is shown. */
  get: operator.query(({ ctx }) => readStatusPage(ctx.sql, ctx.env.publicUrl)),
  edit: admin.input(settingsSchema).mutation(({ ctx, input }) => editStatusPage(ctx, input)),
})
