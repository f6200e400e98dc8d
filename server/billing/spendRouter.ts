import { router } from '../trpc.ts'

export const spendRouter = router({})
