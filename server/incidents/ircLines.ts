import { bytesOf, graphemes } from './graphemes.ts'

const LINE_BYTES = 512
/** The longest name of a host that servers put before what they pass on. */
const HOST_BYTES = 63

/** Bytes of text that fit into one line as others receive it: with who sent it before and CRLF after. RFC 1459, 2.3. */
export const ircRoom = ({ nick, channel }: { nick: string; channel: string }): number =>
  LINE_BYTES - 2 - bytesOf(`:${nick}!~${nick}@ PRIVMSG ${channel} :`) - HOST_BYTES

/** What may stand in a line: no line ends, no NUL, no codes for colour or CTCP. */
const plain = (text: string) => text.replaceAll('\t', ' ').replace(/\p{Cc}/gu, '')

/** A text as lines of at most `room` bytes: broken at its own line ends and at spaces, never inside a character. */
export const ircLines = (text: string, room: number): string[] =>
  text
    .split(/\r\n|\r|\n/u)
    .map((line) => plain(line).replace(/\s+/gu, ' ').trim())
    .filter((line) => line !== '')
    .flatMap((line) => broken(line, room))

const broken = (line: string, room: number): string[] => {
  const lines: string[] = []
  let now = ''
  for (const word of line.split(' ')) {
    const longer = now === '' ? word : `${now} ${word}`
    if (bytesOf(longer) <= room) {
      now = longer
      continue
    }
    if (now !== '') lines.push(now)
    now = ''
    for (const letter of graphemes(word)) {
      if (bytesOf(now + letter) > room) {
        lines.push(now)
        now = ''
      }
      now += letter
    }
  }
  return now === '' ? lines : [...lines, now]
}
