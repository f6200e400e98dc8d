import { z } from 'zod'
import type { ChannelAdapter } from '../channel.ts'
import { bytesOf } from '../graphemes.ts'
import { ircLines, ircRoom } from '../ircLines.ts'
import { paragraph } from '../updateWords.ts'
import { line, yesOrNo } from './formFields.ts'
import { IrcFault, openIrc, type IrcLink } from './ircLink.ts'

const settings = z.object({
  server: line,
  port: z.preprocess((v) => (v === '' ? undefined : v), z.coerce.number().int().min(1).max(65_535).default(6_697)),
  tls: yesOrNo(true),
  nick: z
    .string()
    .trim()
    .regex(/^[A-Za-z[\]\\`_^{|}][\w[\]\\`^{|}-]{0,15}$/u, 'a nick of 1 to 16 signs'),
  channel: z
    .string()
    .trim()
    .regex(/^[#&][^\s,:\p{Cc}]{1,49}$/u, 'a channel, such as #status'),
  account: z.string().trim().max(60).default(''),
})
const secret = z.object({ password: z.string().max(400).optional() })
type Settings = z.infer<typeof settings>

/** More lines than this are a flood. */
const MOST_LINES = 4
/** Whether a kept link still answers is known soon. */
const ALIVE_MS = 2_000

const links = new Map<string, IrcLink>()

/** The kept link, where it answers; else a new one. @throws IrcFault: nothing was said */
const linkTo = async (
  key: string,
  to: Settings,
  password: string | undefined,
  signal: AbortSignal,
): Promise<IrcLink> => {
  const kept = links.get(key)
  if (kept && (await kept.isAlive(AbortSignal.any([signal, AbortSignal.timeout(ALIVE_MS)])))) return kept
  kept?.close()
  links.delete(key)
  const made = await openIrc(to, password, signal)
  links.set(key, made)
  return made
}

/** Closes the kept links; for the end of a process. */
export const closeIrc = (): void => {
  for (const link of links.values()) link.close()
  links.clear()
}

const linesOf = (text: string, to: Settings) => ircLines(text, ircRoom(to))

export const irc: ChannelAdapter<Settings, z.infer<typeof secret>> = {
  kind: 'irc',
  name: 'IRC',
  settings,
  secret,
  fields: {
    server: { label: 'Server', hint: 'irc.example.net' },
    port: { label: 'Port', hint: '6697' },
    tls: { label: 'TLS', hint: 'yes or no' },
    nick: { label: 'Nick' },
    channel: { label: 'Channel', hint: '#status' },
    account: { label: 'Account', hint: 'For SASL; left empty, the password is the server’s' },
    password: { label: 'Password', secret: true },
  },
  // Nobody keeps what was said: what was lost on the way cannot be told from what arrived.
  idempotent: false,
  timeoutMs: 20_000,
  paceMs: 1_000,
  render(update, to, override) {
    const text = override ?? paragraph(update, (one) => linesOf(one, to).length <= 2, { title: true })
    return { text, lines: linesOf(text, to) }
  },
  measure({ text }, to) {
    const lines = linesOf(text, to)
    const limit = ircRoom(to) * MOST_LINES
    const used = bytesOf(lines.join(' '))
    return {
      used: lines.length > MOST_LINES ? Math.max(used, limit + 1) : used,
      limit,
      unit: 'bytes',
      parts: lines.length,
    }
  },
  async send({ settings: to, secret: { password } }, { body, signal }) {
    const key = JSON.stringify([to, password])
    let link: IrcLink
    try {
      link = await linkTo(key, to, password, signal)
    } catch (error) {
      if (!(error instanceof IrcFault)) throw error
      if (error.isSignIn) return { kind: 'permanent', reason: error.message, unauthorized: true }
      return error.isFinal ? { kind: 'permanent', reason: error.message } : { kind: 'retryable', reason: error.message }
    }
    try {
      const { id } = await link.say(body['lines'] as string[], signal)
      return { kind: 'delivered', receipt: { id: `PONG ${id} from ${to.server}` } }
    } catch (error) {
      if (!(error instanceof IrcFault)) throw error
      if (error.isFinal) return { kind: 'permanent', reason: error.message }
      link.close()
      links.delete(key)
      return { kind: 'unknown', reason: error.message }
    }
  },
}
