import type { IncomingMessage, ServerResponse } from 'node:http'
import { changeCard, completeSession } from './checkout.ts'
import { linesOf } from './invoiceLines.ts'
import { collect } from './collecting.ts'
import type { StandIn } from './standIn.ts'
import { CARDS, Refusal } from './world.ts'
import type { Card, World } from './world.ts'

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const money = (amount: number, currency: string) => `${(amount / 100).toFixed(2)} ${currency.toUpperCase()}`

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
.mark{background:#fff3c4;border:1px solid #b58900;padding:.5rem .75rem}label{display:block;padding:.35rem 0}
button,a.button{font:inherit;padding:.5rem 1rem;margin-top:1rem}[role=alert]{color:#a40000}td{padding:.2rem .8rem .2rem 0}`

const page = (title: string, main: string) => `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main><p class="mark">A stand-in for Stripe: no card is asked for and no money moves.</p>
<h1>${escaped(title)}</h1>${main}</main></body></html>`

const choices = () =>
  Object.entries(CARDS)
    .map(
      ([name, card], i) =>
        `<label><input type="radio" name="card" value="${name}"${i === 0 ? ' checked' : ''}> ${card.brand} ending in ${card.last4}: ${card.says}</label>`,
    )
    .join('')

const cardForm = (button: string, fault: string | undefined) => `<form method="post">
<fieldset><legend>Which card?</legend>${choices()}</fieldset>
${fault ? `<p role="alert">${escaped(fault)}</p>` : ''}<button>${escaped(button)}</button></form>`

const html = (res: ServerResponse, status: number, text: string) => {
  res.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  res.end(text)
}

const go = (res: ServerResponse, to: string) => {
  res.writeHead(303, { location: to })
  res.end()
}

const invoicePage = (world: World, id: string, fault?: string) => {
  const invoice = world.get('invoice', id)
  const rows = linesOf(world, id)
    .map((l) => `<tr><td>${escaped(l.description ?? '')}</td><td>${money(l.amount, l.currency)}</td></tr>`)
    .join('')
  const pay =
    invoice.status === 'open' ? '<form method="post"><button>Pay and confirm with the card on file</button></form>' : ''
  return page(
    `Invoice ${invoice.number ?? ''}`,
    `<p>${escaped(String(invoice.status))}: ${money(invoice.amount_due, invoice.currency)}</p><table>${rows}</table>
${fault ? `<p role="alert">${escaped(fault)}</p>` : ''}${pay}`,
  )
}

/** The pages that a customer sees at Stripe: Checkout, the Portal, an invoice's own page. */
export const pages = (standIn: StandIn, req: IncomingMessage, res: ServerResponse, body: string) => {
  const { world } = standIn
  const at = new URL(req.url ?? '/', standIn.url)
  const [, , kind = '', id = ''] = at.pathname.split('/')
  const posted = req.method === 'POST'
  const card = (new URLSearchParams(body).get('card') ?? 'works') as Card
  const back = (url: string | null | undefined) => go(res, url || '/')
  try {
    if (kind === 'checkout') {
      const session = world.get('checkout.session', id)
      const title = session.mode === 'setup' ? 'Save a card' : 'Subscribe'
      if (session.status !== 'open') return html(res, 410, page(title, '<p>This page is no longer open.</p>'))
      const sum =
        session.amount_total === null ? '' : `<p>${money(session.amount_total, session.currency ?? 'eur')} today</p>`
      const cancel = session.cancel_url ? `<p><a href="${escaped(session.cancel_url)}">Go back</a></p>` : ''
      if (!posted) return html(res, 200, page(title, sum + cardForm(title, undefined) + cancel))
      try {
        completeSession(world, id, card)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return html(res, 402, page(title, sum + cardForm(title, error.message) + cancel))
      }
      return back(session.success_url?.replaceAll('{CHECKOUT_SESSION_ID}', id))
    }
    if (kind === 'portal') {
      const customer = world.get('customer', id)
      const leave = at.searchParams.get('back')
      if (posted) {
        changeCard(world, id, card)
        return back(leave)
      }
      const method = world.find('payment_method', customer.invoice_settings.default_payment_method)
      const now = method?.card
        ? `<p>Now: ${method.card.brand} ending in ${method.card.last4}</p>`
        : '<p>No card yet.</p>'
      const link = leave ? `<p><a href="${escaped(leave)}">Go back</a></p>` : ''
      return html(res, 200, page('Your payment method', now + cardForm('Use this card', undefined) + link))
    }
    if (kind === 'invoices') {
      const invoice = world.get('invoice', id)
      const paid = posted && invoice.status === 'open' ? collect(world, invoice, { present: true }) : undefined
      return html(res, 200, invoicePage(world, id, paid && !paid.ok ? paid.message : undefined))
    }
    html(res, 404, page('Not found', ''))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    html(res, error.status, page('Not found', `<p>${escaped(error.message)}</p>`))
  }
}
