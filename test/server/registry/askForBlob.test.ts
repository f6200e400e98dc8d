import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { askForBlob, headOf } from '#server/registry/askForBlob.ts'

let respond: (socket: Socket, request: string) => void = () => {}
const server = createServer((socket) => {
  socket.on('error', () => {})
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    if (text.endsWith('\r\n\r\n')) respond(socket, text)
  })
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/under/`)
afterAll(() => server.close())

const ask = (headers: Record<string, string> = {}) => askForBlob(base, '/v2/a/b/blobs/x', headers)
const OK = 'HTTP/1.1 200 OK\r\n'

test('a body comes through to the byte, whatever pieces it is sent in', async () => {
  const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 31 + (i >> 11)) & 255))
  let asked = ''
  respond = (socket, request) => {
    asked = request
    const all = Buffer.concat([Buffer.from(`${OK}Content-Length: ${body.length}\r\nDocker-X: y\r\n\r\n`), body])
    // The head is cut within, and what follows ends beyond the body.
    for (const [from, to] of [
      [0, 7],
      [7, 40],
      [40, 500_000],
      [500_000, all.length],
    ])
      socket.write(all.subarray(from, to))
    socket.end('more than was said')
  }
  const answer = await ask({ authorization: 'Bearer t', 'x-forwarded-for': '192.0.2.1' })
  expect(asked.split('\r\n')[0]).toBe('GET /under/v2/a/b/blobs/x HTTP/1.1')
  expect(asked).toContain('\r\nauthorization: Bearer t\r\n')
  expect([answer?.status, answer?.headers['docker-x']]).toEqual([200, 'y'])
  const parts: Buffer[] = []
  let out = 0
  let most = 0
  await answer!.read(async (piece) => {
    most = Math.max(most, ++out)
    await new Promise((resolve) => setImmediate(resolve))
    // A piece is good until it is taken: it is read only now.
    parts.push(Buffer.from(piece))
    out--
  })
  expect(Buffer.concat(parts).equals(body)).toBe(true)
  expect(most).toBeLessThanOrEqual(3)
})

test('a body that is cut is told, and so is one whose reader came after the cut', async () => {
  respond = (socket) => socket.end(`${OK}Content-Length: 10\r\n\r\nabc`)
  const answer = await ask()
  await expect(answer!.read(async () => {})).rejects.toThrow('before its end')
  const late = await ask()
  late!.destroy()
  await expect(late!.read(async () => {})).rejects.toThrow('before its end')
})

test('nothing is a body too, and a taker that fails ends the reading', async () => {
  respond = (socket) => socket.end(`${OK}Content-Length: 0\r\n\r\n`)
  await (await ask())!.read(async () => {
    throw new Error('nothing was to be taken')
  })
  respond = (socket) => socket.end(`${OK}Content-Length: 3\r\n\r\nabc`)
  const refusing = async () => {
    throw new Error('not this')
  }
  await expect((await ask())!.read(refusing)).rejects.toThrow('not this')
})

test.each([
  ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['a body in chunks', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['a body without a length', `${OK}Server: x\r\n\r\nabc`],
  ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\na`],
  ['a length that is no number', `${OK}Content-Length: -1\r\n\r\n`],
  ['a folded header', `${OK}A: b\r\n c: d\r\nContent-Length: 0\r\n\r\n`],
  ['a head without an end', `${OK}${'A: b\r\n'.repeat(20_000)}`],
  ['nothing at all', ''],
])('%s is left to the ordinary client', async (_, text) => {
  respond = (socket) => socket.end(text)
  expect(await ask()).toBeUndefined()
})

test('what could be read as another request is never sent', async () => {
  let asked = false
  respond = (socket) => {
    asked = true
    socket.end()
  }
  expect(await askForBlob(base, '/v2/a b', {})).toBeUndefined()
  expect(await askForBlob(base, '/v2/a\r\nx: y', {})).toBeUndefined()
  expect(await ask({ accept: 'a\r\nx: y' })).toBeUndefined()
  expect(await ask({ 'content-length': '5' })).toBeUndefined()
  expect(await askForBlob(new URL('https://127.0.0.1:1/'), '/v2/', {})).toBeUndefined()
  expect(asked).toBe(false)
})

test('an answer that has no body by its status has none, whatever it says', () => {
  expect(headOf('HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nEtag: "x"')).toMatchObject({
    status: 304,
    length: 0,
  })
  expect(headOf('HTTP/1.1 204')).toMatchObject({ length: 0 })
})
