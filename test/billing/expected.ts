// What a customer's invoices should be, from what they did and used. Like naive.ts it imports nothing from the server: it is
// the rules of decision record 005 written down a second time.
import { advance, monthsAfter, sumsOf, usageLines, usedBetween } from './naive.ts'
import type { Coupon, Held, Life, Line, Plan, Quantities, Sums } from './naive.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

export type Offer = Plan & { trialDays: number }
export type Step = { atMs: number } & (
  | { do: 'start'; plan: string; quantities: Quantities; coupon?: string }
  | { do: 'change'; plan: string; quantities: Quantities }
  | { do: 'cancel'; when: 'now' | 'period_end' }
  | { do: 'pause' | 'resume' }
  | { do: 'adjust'; amountMinor: bigint }
  | { do: 'grant'; kind: 'prepaid' | 'promotional'; amountMinor: bigint; expiresMs: number | null }
)
export type CouponTerms = Coupon & { code: string; duration: 'once' | 'months' | 'forever'; months: number | null }

/** An invoice before it is known when it is finalized: what was fixed when it was made, and the terms it bills usage by. */
export type Bill = { key: string; madeMs: number; fromMs: number; untilMs: number; given: Line[]; held: Held[] | null }
/** Credit that no invoice could be made of at once: it waits from then on, for what is finalized after it was given. */
type Waiting = { fromMs: number; amount: bigint }
export type Invoice = Pick<Bill, 'key' | 'fromMs' | 'untilMs'> & Sums & { lines: Line[] }

type Term = { plan: Offer; quantities: Quantities; state: Held['state']; fromMs: number; untilMs: number }
type Live = {
  startedMs: number
  anchorMs: number
  from: number
  until: number
  paidFrom: number
  paidUntil: number
  ends: boolean
  terms: Term[]
}

const isAdvance = (plan: Plan) => plan.prices.some(({ model }) => model === 'flat' || model === 'licensed')
const FOREVER = Number.POSITIVE_INFINITY
const FREE: Offer = { id: 'free', currency: '', interval: 'month', prices: [], minimum: null, trialDays: 0 }

/** The month (or year) from an anchor that begins at the `n`-th month. */
const intervalAt = (plan: Plan, anchorMs: number, atMs: number) => {
  const step = plan.interval === 'year' ? 12 : 1
  let n = 0
  while (monthsAfter(anchorMs, (n + 1) * step) <= atMs) n++
  return { from: monthsAfter(anchorMs, n * step), until: monthsAfter(anchorMs, (n + 1) * step) }
}

/** How many of each licensed thing: what is asked, else what was had, at least what is included. */
const quantitiesOf = (plan: Plan, asked: Quantities, had: Quantities): Quantities =>
  Object.fromEntries(
    plan.prices.flatMap((price) =>
      price.model === 'licensed'
        ? [[price.key, Math.max(price.included, asked[price.key] ?? had[price.key] ?? 0)] as const]
        : [],
    ),
  )

/** Follows a customer from step to step and period to period. */
export const billsOf = (
  steps: readonly Step[],
  offers: ReadonlyMap<string, Offer>,
  untilMs: number,
): { bills: Bill[]; waiting: Waiting[]; endedMs: number | null } => {
  const bills: Bill[] = []
  const waiting: Waiting[] = []
  let live: Live | null = null
  let billedUntilMs: number | null = null
  const offer = (name: string) => offers.get(name)!
  const current = (): Live | null => live

  /** Bills lines at once: as an invoice, or where they are in the customer's favour as credit that waits. */
  const now = (key: string, atMs: number, end: number, lines: Line[]) => {
    const sum = lines.reduce((total, line) => total + line.amount, 0n)
    if (sum > 0n)
      bills.push({ key: `${key}@${atMs}`, madeMs: atMs, fromMs: atMs, untilMs: end, given: lines, held: null })
    else if (sum < 0n) waiting.push({ fromMs: atMs + 1, amount: sum })
  }

  /** The terms of `[from, until)`; those of one plan that follow each other are one. */
  const heldIn = (of: Live, from: number, until: number, early: boolean): Held[] => {
    const month = monthsAfter(from, 1)
    const whole = early && month > until ? month : until
    const held: Held[] = []
    for (const term of of.terms) {
      const [start, end] = [Math.max(term.fromMs, from), Math.min(term.untilMs, until)]
      if (start >= end) continue
      const last = held.at(-1)
      if (last && last.plan === term.plan && last.state === term.state) {
        last.endMs = end
        last.untilHour = Math.ceil(end / HOUR)
        continue
      }
      const begins = start === of.startedMs
      const earlier: number = billedUntilMs === null ? 0 : Math.ceil(billedUntilMs / HOUR)
      held.push({
        plan: term.plan,
        state: term.state,
        startMs: start,
        endMs: end,
        periodFromMs: from,
        periodUntilMs: whole,
        fromHour: begins ? Math.max(Math.floor(start / HOUR), earlier) : Math.ceil(start / HOUR),
        untilHour: Math.ceil(end / HOUR),
      })
    }
    return held
  }
  const term = (of: Live, plan: Offer, quantities: Quantities, state: Held['state'], atMs: number) => {
    const last = of.terms.at(-1)
    if (last) last.untilMs = atMs
    of.terms.push({ plan, quantities, state, fromMs: atMs, untilMs: FOREVER })
  }
  /** Whoever has no plan is on Free, from the second on in which theirs ended. */
  const free = (atMs: number): Live => ({
    startedMs: atMs,
    anchorMs: atMs,
    from: atMs,
    until: monthsAfter(atMs, 1),
    paidFrom: atMs,
    paidUntil: monthsAfter(atMs, 1),
    ends: false,
    terms: [{ plan: FREE, quantities: {}, state: 'active', fromMs: atMs, untilMs: FOREVER }],
  })
  const end = (of: Live, atMs: number) => {
    of.terms.at(-1)!.untilMs = atMs
    billedUntilMs = atMs
    live = free(atMs)
  }

  /** Closes the period that is over. */
  const close = (of: Live) => {
    const { plan, quantities, state } = of.terms.at(-1)!
    const at = of.until
    if (state === 'trialing') {
      if (of.ends) return end(of, at)
      term(of, plan, quantities, 'active', at)
      const paid = intervalAt(plan, at, at)
      Object.assign(of, {
        anchorMs: at,
        from: at,
        until: monthsAfter(at, 1),
        paidFrom: paid.from,
        paidUntil: paid.until,
      })
      now('trial', at, paid.until, advance('flat', plan, quantities, { fromMs: at, untilMs: paid.until }, at, 1n))
      return
    }
    const bill: Bill = { key: `period@${of.from}`, madeMs: at, fromMs: of.from, untilMs: at, given: [], held: [] }
    bill.held = heldIn(of, of.from, at, false)
    bills.push(bill)
    if (of.paidUntil <= at) {
      if (of.ends) return end(of, at)
      const next = intervalAt(plan, of.anchorMs, at)
      Object.assign(of, { paidFrom: next.from, paidUntil: next.until })
      if (state === 'active')
        bill.given = advance('flat', plan, quantities, { fromMs: next.from, untilMs: next.until }, next.from, 1n)
    }
    const month = intervalAt({ ...plan, interval: 'month' }, of.anchorMs, at)
    Object.assign(of, { from: month.from, until: month.until })
  }
  const closeEarly = (of: Live, atMs: number) => {
    if (of.from >= atMs) return
    const held = heldIn(of, of.from, atMs, true)
    bills.push({ key: `period@${of.from}`, madeMs: atMs, fromMs: of.from, untilMs: atMs, given: [], held })
  }

  const change = (of: Live, step: Extract<Step, { do: 'change' }>) => {
    const { plan: was, quantities: had, state } = of.terms.at(-1)!
    const [plan, at] = [offer(step.plan), step.atMs]
    const quantities = quantitiesOf(plan, step.quantities, had)
    const same = plan === was && plan.prices.every(({ key }) => quantities[key] === had[key])
    if (same) return
    of.ends = false
    const isTrial = state === 'trialing'
    const paid = { fromMs: of.paidFrom, untilMs: of.paidUntil }
    if (isTrial && plan.trialDays > 0) return term(of, plan, quantities, 'trialing', at)
    const neither = !isAdvance(was) && !isAdvance(plan)
    if (!isTrial && was.interval === plan.interval && (isAdvance(was) || neither)) {
      term(of, plan, quantities, 'active', at)
      const credits = advance('proration', was, had, paid, at, -1n)
      const charges = advance('proration', plan, quantities, paid, at, 1n)
      // What is the same before and after is not taken back and charged again.
      const stays = (line: Line) => plan === was && quantities[line.price ?? ''] === had[line.price ?? '']
      now(
        'change',
        at,
        of.paidUntil,
        [...credits, ...charges].filter((line) => !stays(line)),
      )
      return
    }
    term(of, plan, quantities, 'active', at)
    closeEarly(of, at)
    const credits = isTrial ? [] : advance('proration', was, had, paid, at, -1n)
    const anew = intervalAt(plan, at, at)
    Object.assign(of, { anchorMs: at, from: at, until: monthsAfter(at, 1), paidFrom: at, paidUntil: anew.until })
    const charges = advance('flat', plan, quantities, { fromMs: at, untilMs: anew.until }, at, 1n)
    now('change', at, anew.until, [...credits, ...charges])
  }

  const turn = (of: Live, to: 'paused' | 'active', atMs: number) => {
    const { plan, quantities } = of.terms.at(-1)!
    term(of, plan, quantities, to, atMs)
    const paid = { fromMs: of.paidFrom, untilMs: of.paidUntil }
    const lines = advance('proration', plan, quantities, paid, atMs, to === 'paused' ? -1n : 1n)
    now(to === 'paused' ? 'pause' : 'resume', atMs, of.paidUntil, lines)
  }

  const start = (step: Extract<Step, { do: 'start' }>) => {
    const [plan, at] = [offer(step.plan), step.atMs]
    const trialUntil = at + plan.trialDays * DAY
    const isTrial = plan.trialDays > 0
    // The account was on Free before, to which the hour in which its plan starts belongs.
    billedUntilMs = at
    const paid = isTrial ? { from: at, until: trialUntil } : intervalAt(plan, at, at)
    const quantities = quantitiesOf(plan, step.quantities, {})
    live = {
      startedMs: at,
      anchorMs: isTrial ? trialUntil : at,
      from: at,
      until: isTrial ? trialUntil : monthsAfter(at, 1),
      paidFrom: paid.from,
      paidUntil: paid.until,
      ends: false,
      terms: [{ plan, quantities, state: isTrial ? 'trialing' : 'active', fromMs: at, untilMs: FOREVER }],
    }
    if (!isTrial)
      now('start', at, paid.until, advance('flat', plan, quantities, { fromMs: at, untilMs: paid.until }, at, 1n))
  }

  const cancelNow = (of: Live, atMs: number) => {
    const { plan, quantities, state } = of.terms.at(-1)!
    const paid = { fromMs: of.paidFrom, untilMs: of.paidUntil }
    end(of, atMs)
    if (state === 'active') now('end', atMs, of.paidUntil, advance('proration', plan, quantities, paid, atMs, -1n))
    closeEarly(of, atMs)
  }

  for (const step of [...steps, { atMs: untilMs, do: 'adjust', amountMinor: 0n } as Step]) {
    let of = current()
    for (; of && of.until <= step.atMs; of = current()) close(of)
    if (step.do === 'start') start(step)
    else if (step.do === 'adjust' && step.amountMinor !== 0n)
      waiting.push({ fromMs: step.atMs + 1, amount: step.amountMinor })
    else if (!of || of.terms.at(-1)!.plan === FREE) continue
    else if (step.do === 'change') change(of, step)
    else if (step.do === 'pause') turn(of, 'paused', step.atMs)
    else if (step.do === 'resume') turn(of, 'active', step.atMs)
    else if (step.do === 'cancel' && step.when === 'now') cancelNow(of, step.atMs)
    else if (step.do === 'cancel') of.ends = true
  }
  return { bills, waiting, endedMs: billedUntilMs }
}

/** What the computation cannot know by itself: when each bill was finalized, and in which order. */
export type Finalized = { key: string; asOfMs: number }

type Credit = { kind: 'prepaid' | 'promotional'; fromMs: number; expiresMs: number | null; left: bigint }
type Closed = { held: Held; lines: Line[] }

const nameOf = (line: Line) => `${line.kind} ${line.price} ${line.app}`

/** The difference of a closed window's lines then and now. */
const lateLines = (held: Held, billed: readonly Line[], now: readonly Line[]): Line[] => {
  const names = [...new Set([...now, ...billed].map(nameOf))]
  return names.flatMap((name): Line[] => {
    const [before, after] = [billed, now].map((lines) => lines.find((line) => nameOf(line) === name))
    const amount = (after?.amount ?? 0n) - (before?.amount ?? 0n)
    if (amount === 0n) return []
    const { price, app } = (after ?? before)!
    const quantity = held && price === null ? null : (after?.quantity ?? 0n) - (before?.quantity ?? 0n)
    return [
      { kind: 'late', plan: held.plan.id, price, app, quantity, amount, startMs: held.startMs, endMs: held.endMs },
    ]
  })
}

/** The bills as invoices, one after the other as they were finalized: each takes what waits by then. */
export const invoicesOf = (facts: {
  bills: readonly Bill[]
  waiting: readonly Waiting[]
  finalized: readonly Finalized[]
  lives: readonly Life[]
  coupon: CouponTerms | null
  couponFromMs: number
  grants: readonly Extract<Step, { do: 'grant' }>[]
  taxPercent: (atMs: number) => string
}): Invoice[] => {
  const waiting = facts.waiting.map((one) => ({ ...one }))
  const credits: Credit[] = facts.grants.map((grant) => ({
    kind: grant.kind,
    fromMs: grant.atMs + 1,
    expiresMs: grant.expiresMs,
    left: grant.amountMinor,
  }))
  // What expires first is used first, what never does last; then the older.
  credits.sort((a, b) => (a.expiresMs ?? FOREVER) - (b.expiresMs ?? FOREVER) || a.fromMs - b.fromMs)
  const closed: Closed[] = []
  let couponUsed = false
  const couponUntil =
    facts.coupon?.duration === 'months' ? monthsAfter(facts.couponFromMs, facts.coupon.months ?? 1) : FOREVER

  return facts.finalized.map(({ key, asOfMs }): Invoice => {
    const bill = facts.bills.find((one) => one.key === key)
    if (!bill) throw new Error(`no bill ${key} should be`)
    const lines: Line[] = [...bill.given]
    if (bill.held) {
      for (const window of closed) {
        const { fromHour, untilHour } = window.held
        const now = usageLines(window.held, usedBetween(facts.lives, fromHour, untilHour, asOfMs))
        lines.push(...lateLines(window.held, window.lines, now))
        window.lines = now
      }
      for (const held of bill.held) {
        const billed = usageLines(held, usedBetween(facts.lives, held.fromHour, held.untilHour, asOfMs))
        lines.push(...billed)
        if (held.untilHour > held.fromHour) closed.push({ held, lines: billed })
      }
    }
    const adjustment = (amount: bigint): Line => ({
      kind: 'adjustment',
      plan: null,
      price: null,
      app: null,
      quantity: null,
      amount,
      startMs: 0,
      endMs: 0,
    })
    const ready = waiting.filter(({ fromMs }) => fromMs <= asOfMs)
    // Credit alone makes no invoice: it goes on waiting for a charge.
    const isCharge = lines.length > 0 || ready.reduce((total, one) => total + one.amount, 0n) > 0n
    for (const one of isCharge ? ready : []) {
      lines.push(adjustment(one.amount))
      waiting.splice(waiting.indexOf(one), 1)
    }
    const sum = lines.reduce((total, line) => total + line.amount, 0n)
    if (sum < 0n) {
      lines.push(adjustment(-sum))
      waiting.push({ fromMs: asOfMs, amount: sum })
    }
    const couponAt = bill.held ? bill.untilMs : bill.madeMs
    const coupon = couponUsed || couponAt >= couponUntil ? null : facts.coupon
    const left = (kind: Credit['kind']) =>
      credits.filter((one) => one.kind === kind && one.fromMs <= asOfMs && (one.expiresMs ?? FOREVER) > asOfMs)
    const total = (of: Credit[]) => of.reduce((all, one) => all + one.left, 0n)
    const sums = sumsOf(
      lines.map((line) => line.amount),
      coupon,
      facts.taxPercent(asOfMs),
      total(left('promotional')),
      total(left('prepaid')),
    )
    if (coupon?.duration === 'once' && sums.discount > 0n) couponUsed = true
    for (const kind of ['promotional', 'prepaid'] as const) {
      let rest = sums[kind]
      for (const credit of left(kind)) {
        const taken = credit.left < rest ? credit.left : rest
        credit.left -= taken
        rest -= taken
      }
    }
    return { key, fromMs: bill.fromMs, untilMs: bill.untilMs, lines, ...sums }
  })
}
