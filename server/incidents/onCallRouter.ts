import { router } from '../trpc.ts'

export const onCallRouter = router({})
