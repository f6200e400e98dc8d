import { router } from '../trpc.ts'

export const alertRouter = router({})
