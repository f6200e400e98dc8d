import { router } from '../trpc.ts'

export const collectionRouter = router({})
