import { router } from '../trpc.ts'

export const analyticsRouter = router({})
