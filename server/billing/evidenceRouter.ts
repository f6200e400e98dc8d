import { router } from '../trpc.ts'

export const evidenceRouter = router({})
