import { router } from '../trpc.ts'

export const stripeRouter = router({})
