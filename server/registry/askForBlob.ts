import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'

const PIECE_BYTES = 256 * 1024
/** One is read while the others are sent. */
const PIECES = 3
const MOST_HEAD_BYTES = 64 * 1024
const ANSWER_WITHIN_MS = 30_000
const IDLE_MS = 300_000

/** A registry's answer whose body has not been read yet. */
export type BlobAnswer = {
  status: number
  headers: IncomingHttpHeaders
  /**
   * Gives the body to `take`, piece by piece and in order; a piece is good until what `take` gave resolves, and no more than
   * three are out at once. Resolves when all are taken, rejects when the body is cut.
   */
  read(take: (piece: Uint8Array) => Promise<void>): Promise<void>
  destroy(): void
}

type Head = { status: number; headers: IncomingHttpHeaders; length: number }

/**
 * The head of an HTTP/1.1 answer (RFC 9112, 4 and 5); undefined where its body is not simply so many bytes, or where it is
 * anything a registry does not send.
 */
export const headOf = (text: string): Head | undefined => {
  const [first = '', ...lines] = text.split('\r\n')
  const [, code] = /^HTTP\/1\.[01] ([2-5]\d\d)(?: |$)/.exec(first) ?? []
  if (code === undefined) return undefined
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? []
    const key = name.toLowerCase()
    if (key === '' || (key === 'content-length' && headers[key] !== undefined)) return undefined
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`
  }
  const status = Number(code)
  const said = headers['content-length'] ?? (status === 204 || status === 304 ? '0' : '')
  if (headers['transfer-encoding'] !== undefined || !/^\d{1,15}$/.test(said)) return undefined
  return { status, headers, length: status === 204 || status === 304 ? 0 : Number(said) }
}

const requestOf = (base: URL, path: string, given: OutgoingHttpHeaders): Buffer | undefined => {
  // A body, or a path no parser lets through, is not for here.
  if (/[^!-~]/.test(path) || given['content-length'] !== undefined || given['transfer-encoding'] !== undefined)
    return undefined
  const headers = { host: base.host, ...given, connection: 'close' }
  const lines = [`GET ${base.pathname.replace(/\/$/, '')}${path} HTTP/1.1`]
  try {
    for (const [name, value] of Object.entries(headers)) {
      for (const one of [value].flat()) {
        if (one === undefined) continue
        validateHeaderName(name)
        validateHeaderValue(name, String(one))
        lines.push(`${name}: ${one}`)
      }
    }
  } catch {
    return undefined
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

/**
 * Asks a registry at a plain HTTP address for a blob, on a connection of its own that is read into three buffers that are
 * used over and over. Node's own client gives each body in new buffers of 64 KiB, through its parser and two streams: that
 * halves what a processor passes on. Undefined where the ordinary client has to ask.
 */
export const askForBlob = async (
  base: URL,
  path: string,
  headers: OutgoingHttpHeaders,
): Promise<BlobAnswer | undefined> => {
  const request = base.protocol === 'http:' ? requestOf(base, path, headers) : undefined
  if (!request) return undefined
  const ring = Array.from({ length: PIECES }, () => Buffer.allocUnsafeSlow(PIECE_BYTES))
  let turn = 0
  let consume: (piece: Buffer) => boolean = () => false
  const socket = connect({
    host: base.hostname.replace(/^\[|\]$/g, ''),
    port: Number(base.port || 80),
    noDelay: true,
    onread: {
      buffer: () => ring[(turn = (turn + 1) % PIECES)]!,
      callback: (size, buffer) => consume((buffer as Buffer).subarray(0, size)),
    },
  })
  socket.write(request)
  const answer = await readHead(socket, (use) => (consume = use))
  if (!answer) {
    socket.destroy()
    return undefined
  }
  const { head, rest } = answer
  return {
    status: head.status,
    headers: head.headers,
    read: (take) => readBody(socket, { ...head, rest }, take, (use) => (consume = use)),
    destroy: () => socket.destroy(),
  }
}

type Use = (consume: (piece: Buffer) => boolean) => void

/** Reads up to the end of the head and stops there; `rest` came with it. */
const readHead = (socket: Socket, use: Use): Promise<{ head: Head; rest: Buffer } | undefined> =>
  new Promise((resolve) => {
    let text = ''
    const fail = () => resolve(undefined)
    socket.setTimeout(ANSWER_WITHIN_MS, fail)
    socket.once('error', fail)
    socket.once('close', fail)
    use((piece) => {
      const before = text.length
      text += piece.toString('latin1', 0, MOST_HEAD_BYTES)
      const end = text.indexOf('\r\n\r\n')
      if (end < 0 && text.length < MOST_HEAD_BYTES) return true
      const head = end < 0 ? undefined : headOf(text.slice(0, end))
      resolve(head && { head, rest: piece.subarray(end + 4 - before) })
      return false
    })
  })

const readBody = (
  socket: Socket,
  { length, rest }: { length: number; rest: Buffer },
  take: (piece: Uint8Array) => Promise<void>,
  use: Use,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let left = length
    let out = 0
    const over = (error?: Error) => {
      socket.destroy()
      if (error) reject(error)
      else resolve()
    }
    const taken = () => {
      out--
      if (left === 0 && out === 0) over()
      else if (left > 0) socket.resume()
    }
    const give = (piece: Buffer): boolean => {
      const part = piece.subarray(0, left)
      left -= part.length
      out++
      take(part).then(taken, over)
      // The next buffer is the one that went out first.
      return left > 0 && out < PIECES
    }
    socket.removeAllListeners('timeout')
    socket.setTimeout(IDLE_MS, () => over(new Error('the registry does not answer')))
    socket.once('error', over)
    socket.once('close', () => left > 0 && over(new Error('the registry ended a blob before its end')))
    if (left === 0) return over()
    if (socket.destroyed) return over(new Error('the registry ended a blob before its end'))
    use(give)
    if (rest.length > 0 ? give(rest) : true) socket.resume()
  })
