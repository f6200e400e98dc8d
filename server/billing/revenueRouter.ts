import { router } from '../trpc.ts'

export const revenueRouter = router({})
