import { router } from '../trpc.ts'

export const invoiceRouter = router({})
