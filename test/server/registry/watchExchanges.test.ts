import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchExchanges } from '#server/registry/watchExchanges.ts'

const STALL_MS = 60_000
let watch: ReturnType<typeof watchExchanges>
let handle: (req: IncomingMessage, res: ServerResponse) => void = () => {}
const server = createServer((req, res) => handle(req, res)).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
afterAll(() => server.close())

// Only the clock of the watch is ours: sockets go on as they do.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  watch = watchExchanges(STALL_MS)
})
afterEach(() => {
  watch.close()
  vi.useRealTimers()
})

/** One exchange that is watched, and what it counted. */
const exchange = async (send: string) => {
  const counted = { sent: 0, taken: 0, stalled: false }
  const arrived = new Promise<{ req: IncomingMessage; res: ServerResponse; end(): void }>((resolve) => {
    handle = (req, res) => {
      const url = new URL('http://x/')
      const watched = watch.begin({ req, res, url, requestId: 'r', ip: '192.0.2.1' }, (sent, taken) => {
        counted.sent += sent
        counted.taken += taken
      })
      watched.onStall(() => (counted.stalled = true))
      resolve({ req, res, end: () => watched.end() })
    }
  })
  const client = connect(port, '127.0.0.1')
  client.on('error', () => {})
  client.write(send)
  return { ...(await arrived), client, counted }
}

test('who stops in the middle of a body is cut after a minute, and what came is counted', async () => {
  const { req, client, counted } = await exchange('PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n')
  req.resume()
  client.write('a'.repeat(300))
  await once(req, 'data')
  vi.advanceTimersByTime(STALL_MS)
  expect(counted.stalled).toBe(false)
  client.write('b'.repeat(100))
  await once(req, 'data')
  vi.advanceTimersByTime(STALL_MS)
  expect([counted.stalled, counted.taken]).toEqual([false, 400])
  const closed = once(client, 'close')
  client.resume()
  vi.advanceTimersByTime(STALL_MS)
  await closed
  expect([counted.stalled, counted.taken]).toEqual([true, 400])
})

test('who takes nothing of an answer is cut after a minute', async () => {
  const { res, client, counted } = await exchange('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  client.pause()
  // More than the kernel keeps for both ends of a connection.
  for (let i = 0; i < 64; i++) res.write(Buffer.alloc(1_048_576))
  await vi.waitFor(() => expect(res.writableNeedDrain).toBe(true))
  vi.advanceTimersByTime(2 * STALL_MS)
  const gone = res.destroyed || res.closed ? Promise.resolve() : once(res, 'close')
  await gone
  expect([counted.stalled, counted.sent < 64 * 1_048_576]).toEqual([true, true])
  client.destroy()
})

test('who waits for a registry that is slow is left alone', async () => {
  const { res, client, counted, end } = await exchange('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  vi.advanceTimersByTime(10 * STALL_MS)
  res.end('at last')
  await once(res, 'close')
  end()
  let said = ''
  for await (const chunk of client) said += String(chunk)
  expect([said.endsWith('at last'), counted.stalled, counted.sent]).toEqual([true, false, said.length])
})
