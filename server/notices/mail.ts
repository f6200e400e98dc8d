import { createHash } from 'node:crypto'

/** A mail as the outbox keeps it: plain text. `key` states the fact, so that it is written once. */
export type Mail = { recipient: string; subject: string; body: string; key: string }

const WIDTH = 76

/** A line of text folded at spaces; a word that is longer than the width (a link) stays whole. */
const fold = (line: string): string => {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > WIDTH) {
      lines.push(current)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current].join('\n')
}

/** A subject is one line: a line break in it could add headers. */
export const subjectLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 200)

/** Paragraphs, each folded, closed by who sent it. */
export const bodyText = (paragraphs: readonly string[], publicUrl: string): string =>
  `${paragraphs.map((p) => p.split('\n').map(fold).join('\n')).join('\n\n')}\n\n--\nWharfinger at ${publicUrl}\n`

/** The mail that tells one person of a notice. */
export const noticeMail = (
  notice: { id: bigint; severity: string; title: string; body: string; href: string | null; account: string | null },
  recipient: string,
  publicUrl: string,
): Mail => {
  const about = notice.account === null ? '' : `${notice.account}: `
  const link = notice.href === null ? [] : [`What can be done: ${publicUrl}${notice.href}`]
  return {
    recipient,
    subject: subjectLine(`${notice.severity === 'critical' ? 'Critical: ' : ''}${about}${notice.title}`),
    body: bodyText([notice.body, ...link], publicUrl),
    key: `notice:${notice.id}:${recipient}`,
  }
}

/** The same mail has the same Message-ID however often it is sent, so that a mailbox shows it once. */
export const messageId = (key: string, publicUrl: string): string =>
  `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@${new URL(publicUrl).hostname}>`
