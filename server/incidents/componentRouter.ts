import { router } from '../trpc.ts'

export const componentRouter = router({})
