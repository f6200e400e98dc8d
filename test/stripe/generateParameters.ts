import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { declarationsOf, shapeOf } from './declarations.ts'

// Writes parameters.jsonl: which parameters each call of Stripe takes, read from the types of the installed SDK.
// Again after an update of the package: node test/stripe/generateParameters.ts

const esm = join(import.meta.dirname, '../../node_modules/stripe/esm')

/** The resources the stand-in knows; of each all calls are taken. */
const RESOURCES = [
  'BillingPortal/Sessions',
  'Charges',
  'Checkout/Sessions',
  'CreditNotes',
  'CustomerBalanceTransactions',
  'Customers',
  'Disputes',
  'Events',
  'InvoiceItems',
  'InvoicePayments',
  'Invoices',
  'PaymentIntents',
  'PaymentMethods',
  'Prices',
  'Products',
  'Refunds',
  'SetupIntents',
  'SubscriptionItems',
  'Subscriptions',
  'Tax/Settings',
  'TaxRates',
  'WebhookEndpoints',
]

/** Trees of ways of paying that the stand-in has nothing of would be most of the file. */
const SKIPPED = /^(payment_method_options|payment_method_data|mandate_data|evidence|enhanced_evidence|level3)$/

const lines: string[] = []
for (const resource of RESOURCES) {
  const declarations = declarationsOf(readFileSync(join(esm, `resources/${resource}.d.ts`), 'utf8'))
  const shared = declarationsOf(readFileSync(join(esm, 'shared.d.ts'), 'utf8'))
  const code = readFileSync(join(esm, `resources/${resource}.js`), 'utf8')
  const types = readFileSync(join(esm, `resources/${resource}.d.ts`), 'utf8')
  for (const call of code.matchAll(/^ {4}(\w+)\([^)]*\) \{\s+return this\._makeRequest\('(\w+)', (['`])(.+?)\3,/gm)) {
    const [, method = '', verb = '', , path = ''] = call
    const taken = new RegExp(`^ {4}${method}\\([^)]*params\\??: ([\\w.]+)`, 'm').exec(types)?.[1]
    const shape = taken ? shapeOf(taken, declarations, shared, SKIPPED) : { o: {} }
    const pattern = path.replaceAll(/\$\{[^}]*\}/g, '{id}')
    lines.push(JSON.stringify([`${verb} ${pattern}`, shape]))
  }
}
const { version } = JSON.parse(readFileSync(join(esm, '../package.json'), 'utf8')) as { version: string }
lines.sort()
writeFileSync(
  join(import.meta.dirname, 'parameters.jsonl'),
  `${[JSON.stringify(['stripe', version]), ...lines].join('\n')}\n`,
)
process.stdout.write(`${lines.length} calls\n`)
