import { open, type FileHandle } from 'node:fs/promises'
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** Two of them a download: one is read while the other is sent. Half of it takes a tenth more of a processor. */
const PIECE_BYTES = 512 * 1024

/** The bytes that are asked for, `[start, end)`, of so many; undefined where it is more than one plain range. */
export const rangeOf = (header: string | undefined, size: number): { start: number; end: number } | undefined => {
  if (header === undefined) return { start: 0, end: size }
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header) ?? []
  if (from === '' || Number(from) >= size) return undefined
  const end = to === '' ? size : Math.min(size, Number(to) + 1)
  return end > Number(from) ? { start: Number(from), end } : undefined
}

/** A blob's file, open; undefined where it is not there (any more). */
export const openBlob = async (file: string): Promise<{ handle: FileHandle; size: number } | undefined> => {
  try {
    const handle = await open(file, 'r')
    return { handle, size: (await handle.stat()).size }
  } catch {
    return undefined
  }
}

/** The registry's answer to HEAD, as the answer to a GET of a range. */
export const headersOfRange = (
  passed: OutgoingHttpHeaders,
  given: IncomingHttpHeaders,
  size: number,
  { start, end }: { start: number; end: number },
): { status: number; headers: OutgoingHttpHeaders } => {
  const headers: OutgoingHttpHeaders = { ...passed, 'content-length': end - start, 'accept-ranges': 'bytes' }
  if (given.range === undefined) return { status: 200, headers }
  return { status: 206, headers: { ...headers, 'content-range': `bytes ${start}-${end - 1}/${size}` } }
}

/** Sends a piece; resolves when the kernel has it, or when the client has gone. */
export const sendPiece = (res: ServerResponse, piece: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    const over = () => {
      res.off('close', over)
      resolve()
    }
    res.once('close', over)
    res.write(piece, over)
  })

/**
 * Sends a file's bytes `[start, end)` as the client takes them, from two buffers that are used over and over: memory does not
 * grow with the blob or with how fast it is read. Ends the answer; a file that is shorter cuts it.
 */
export const sendFile = async (
  res: ServerResponse,
  handle: FileHandle,
  { start, end }: { start: number; end: number },
): Promise<void> => {
  const length = Math.min(PIECE_BYTES, end - start)
  const buffers = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)]
  let sending: Promise<void> | undefined
  for (let at = start, turn = 0; at < end && !res.destroyed; turn ^= 1) {
    const buffer = buffers[turn]!
    const { bytesRead } = await handle.read(buffer, 0, Math.min(length, end - at), at)
    await sending
    if (bytesRead === 0) {
      res.destroy()
      return
    }
    sending = sendPiece(res, buffer.subarray(0, bytesRead))
    at += bytesRead
  }
  await sending
  await endAnswer(res)
}

/** Ends an answer; resolves when it is over. */
export const endAnswer = async (res: ServerResponse): Promise<void> => {
  if (!res.destroyed) await new Promise<void>((resolve) => res.once('close', resolve).end())
}
