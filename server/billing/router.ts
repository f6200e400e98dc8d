import { router } from '../trpc.ts'
import { catalogRouter } from './catalogRouter.ts'
import { collectionRouter } from './collectionRouter.ts'
import { evidenceRouter } from './evidenceRouter.ts'
import { invoiceRouter } from './invoiceRouter.ts'
import { profileRouter } from './profileRouter.ts'
import { revenueRouter } from './revenueRouter.ts'
import { spendRouter } from './spendRouter.ts'
import { stripeRouter } from './stripeRouter.ts'
import { subscriptionRouter } from './subscriptionRouter.ts'

export const billingRouter = router({
  /** Plans, versions, coupons. */
  catalog: catalogRouter,
  /** An account's plan: start, preview, change, cancel, pause. */
  subscription: subscriptionRouter,
  /** Invoices, credit notes, exports, the preview of the next one. */
  invoices: invoiceRouter,
  /** A line down to its signed reports, bundles, questions about lines. */
  evidence: evidenceRouter,
  /** Live cost, forecast, budget, cap. */
  spend: spendRouter,
  /** Name, address, tax id, contacts, card. */
  profile: profileRouter,
  /** Admins: payments, credits, adjustments, dunning. */
  collection: collectionRouter,
  /** Admins: revenue, a customer's whole billing life, import and shadow. */
  revenue: revenueRouter,
  /** Checkout, portal; admins: reconciliation with Stripe. */
  stripe: stripeRouter,
})
