import { router } from '../trpc.ts'

export const subscriberRouter = router({})
