import { layout } from '../statusPage/parts.ts'
import { markup, type Markup } from '../statusPage/markup.ts'
import type { StatusSettings } from '../statusPage/settings.ts'
import type { Words } from '../statusPage/words.ts'
import { SUBSCRIBER_KINDS, type SubscriberKind } from './address.ts'

/** What every page here is made with: its words, the status page's settings, and how it leads back to it. */
export type Frame = { words: Words; settings: StatusSettings; asOf: Date; up: string }
type Choice = { key: string; name: string; region: string | null }
export type Given = { kind: SubscriberKind; address: string; components: readonly string[] }

const whole = ({ words, settings, asOf, up }: Frame, title: string, body: Markup): string =>
  layout(
    words,
    { settings, asOf },
    {
      title,
      up,
      body: markup`<h1 class="page">${title}</h1>${body}<p><a href="${up}index.html">${words.back}</a></p>`,
    },
  )

const services = (words: Words, choices: readonly Choice[], chosen: readonly string[]): Markup | null =>
  choices.length === 0
    ? null
    : markup`<fieldset><legend>${words.whichServices}</legend><p class="sub">${words.allServices}</p>${choices.map(
        ({ key, name, region }) =>
          markup`<label class="opt"><input type="checkbox" name="component" value="${key}"${chosen.includes(key) && markup` checked`}>${name}${region && markup` <small class="dim">${region}</small>`}</label>`,
      )}</fieldset>`

/** The form with every way and every service. `fault` says what was wrong with what was given. */
export const subscribePage = (
  frame: Frame,
  choices: readonly Choice[],
  { given, fault }: { given?: Given; fault?: string } = {},
): string => {
  const { words } = frame
  const kinds = SUBSCRIBER_KINDS.map(
    (kind) =>
      markup`<label class="opt"><input type="radio" name="kind" value="${kind}"${(given?.kind ?? 'email') === kind && markup` checked`}>${words.ways[kind]}</label>`,
  )
  const said = fault && markup`<p class="stale" role="alert" id="fault">${words.refused}: ${fault}</p>`
  const body = markup`<p class="sub">${words.subscribeText}</p>${said}
<form class="ask" method="post" action="subscribe"><fieldset><legend>${words.way}</legend>${kinds}</fieldset><label for="address">${words.addressLabel}</label><input class="in" id="address" name="address" maxlength="2000" required autocomplete="email" value="${given?.address ?? ''}"${fault && markup` aria-invalid="true" aria-describedby="fault"`}><fieldset><p class="sub">${words.addressHelp}</p></fieldset>${services(words, choices, given?.components ?? [])}<button class="btn pri">${words.subscribeButton}</button></form>`
  return whole(frame, words.subscribe, body)
}

/** A page of one sentence. */
export const sayingPage = (frame: Frame, title: string, text: string): string =>
  whole(frame, title, markup`<p role="status">${text}</p>`)

/** A subscriber's own page: to confirm, to choose, to leave. `action` is where its forms go. */
export const subscriptionPage = (
  frame: Frame,
  choices: readonly Choice[],
  {
    address,
    components,
    isTold,
    saved,
  }: { address: string; components: readonly string[] | null; isTold: boolean; saved: string | null },
): string => {
  const { words } = frame
  const form = (act: string, inner: Markup) =>
    markup`<form class="ask" method="post"><input type="hidden" name="act" value="${act}">${inner}</form>`
  const leave = form('unsubscribe', markup`<button class="btn">${words.unsubscribeButton}</button>`)
  const body = isTold
    ? markup`<p>${words.toldAt(address)}</p>${saved && markup`<p class="sub" role="status">${saved}</p>`}${choices.length > 0 && form('choose', markup`${services(words, choices, components ?? [])}<button class="btn">${words.saveServices}</button>`)}${leave}`
    : markup`<p>${words.confirmText(address)}</p>${form('confirm', markup`<button class="btn pri">${words.confirmButton}</button>`)}`
  return whole(frame, words.subscription, body)
}
