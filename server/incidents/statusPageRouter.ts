import { router } from '../trpc.ts'

export const statusPageRouter = router({})
