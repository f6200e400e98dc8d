import { router } from '../trpc.ts'

export const channelRouter = router({})
