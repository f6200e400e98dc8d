import { router } from '../trpc.ts'

export const subscriptionRouter = router({})
