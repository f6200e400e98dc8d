import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { askBedrock, askMinecraft, askSource, parseStatus } from '#agents/host/detect/answers.ts'
import { createAsking } from '#agents/host/detect/asking.ts'

const servers: Server[] = []
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of servers.splice(0)) server.close()
})

const serve = async (answer: (socket: Socket) => void): Promise<number> => {
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    answer(socket)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const STATUS = JSON.stringify({
  version: { name: '1.21' },
  players: { online: 2, max: 20 },
  description: 'a'.repeat(300),
})
const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)])
const framed = (json: string, stated = Buffer.byteLength(json)) => {
  const body = Buffer.concat([Buffer.from([0, ...varint(stated)]), Buffer.from(json)])
  return Buffer.concat([Buffer.from(varint(body.length)), body])
}

test('a Minecraft server is known by its answer on any port, however it is cut into pieces', async () => {
  const whole = await serve((socket) => socket.on('data', () => socket.write(framed(STATUS))))
  expect(await askMinecraft('127.0.0.1', whole)).toBe('1.21 2/20')
  const oneByOne = await serve((socket) => {
    let parts = 0
    socket.on('data', () => ++parts === 2 && socket.write(framed(STATUS)))
  })
  expect(await askMinecraft('127.0.0.1', oneByOne)).toBe('1.21 2/20')
  const pieces = await serve((socket) =>
    socket.once('data', () => {
      for (const byte of framed(STATUS)) socket.write(Buffer.from([byte]))
    }),
  )
  expect(await askMinecraft('127.0.0.1', pieces)).toBe('1.21 2/20')
})

test('what answers otherwise is no Minecraft server, and whoever never ends is left', async () => {
  const http = await serve((socket) => socket.on('data', () => socket.end(`HTTP/1.1 200 OK\r\n\r\n${STATUS}`)))
  expect(await askMinecraft('127.0.0.1', http)).toBeNull()
  const lies = await serve((socket) => socket.on('data', () => socket.write(framed(STATUS, 60_000))))
  expect(await askMinecraft('127.0.0.1', lies)).toBeNull()
  const mute = await serve(() => {})
  const endless = await serve((socket) => {
    const more = () => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 0x80)));
    }
    socket.on('drain', more)
    more()
  })
  const started = performance.now()
  expect(await Promise.all([askMinecraft('127.0.0.1', mute), askMinecraft('127.0.0.1', endless)])).toEqual([null, null])
  expect(performance.now() - started).toBeLessThan(10_000)
  expect(await askMinecraft('127.0.0.1', 1)).toBeNull()
})

test('a status needs version and players', () => {
  expect(parseStatus('{"version":{"name":"1.8"},"players":{"max":1,"online":0}}')).toBe('1.8 0/1')
  for (const json of [
    '',
    '[]',
    'null',
    '{"version":"1"}',
    '{"version":{},"players":{}}',
    '{"version":null,"players":null}',
  ]) {
    expect(parseStatus(json)).toBeNull()
  }
})

const answering = async (answer: (question: Buffer) => Buffer) => {
  const socket = createSocket('udp4')
  socket.on('message', (question, from) => socket.send(answer(question), from.port, from.address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { port: socket.address().port, close: () => socket.close() }
}

test('Bedrock and Source servers are known by theirs; echoes are not', async () => {
  const text = Buffer.from('MCPE;A world;800;1.21;2;10;1;x;Survival;')
  const bedrock = await answering((question) =>
    Buffer.concat([
      Buffer.from([0x1c]),
      Buffer.alloc(16),
      question.subarray(9, 25),
      Buffer.from([0, text.length]),
      text,
    ]),
  )
  const source = await answering(() =>
    Buffer.concat([Buffer.from('ffffffff4911', 'hex'), Buffer.from('Name\0map\0dir\0Game\0')]),
  )
  const echo = await answering((question) => question)
  expect(await askBedrock('127.0.0.1', bedrock.port)).toMatch(/^MCPE;A world;/)
  expect(await askSource('127.0.0.1', source.port)).toBe('Name map dir Game')
  expect(await askBedrock('127.0.0.1', echo.port)).toBeNull()
  expect(await askSource('127.0.0.1', echo.port)).toBeNull()
  for (const { close } of [bedrock, source, echo]) close()
})

test('only its own open ports are asked, each once it has listened for a while, and nothing on its loopback', async () => {
  let asked = 0
  const port = await serve((socket) => {
    asked++
    socket.on('data', () => socket.write(framed(STATUS)))
  })
  const listener = { localAddress: '0.0.0.0', localPort: port, address: '0.0.0.0', port: 0, state: '0A', inode: 1 }
  let answered = 0
  const asking = createAsking(() => answered++)
  const sockets = { tcp: [listener, { ...listener, localAddress: '127.0.0.1', localPort: 1 }], udp: [] }
  asking.ask(['127.0.0.1'], sockets, 0)
  asking.ask(['127.0.0.1'], { tcp: [], udp: [] }, 9_000)
  asking.ask(['127.0.0.1'], sockets, 10_000)
  asking.ask(['127.0.0.1'], sockets, 19_000)
  expect(asked).toBe(0)
  expect(asking.dueMonoMs()).toBe(20_000)
  asking.ask(['127.0.0.1'], sockets, 20_000)
  asking.ask(['127.0.0.1'], sockets, 39_000)
  asking.ask([], sockets, 60_000)
  await expect
    .poll(() => asking.observations())
    .toMatchObject([{ signal: 'game.minecraft_ping', value: `${port} 1.21 2/20` }])
  expect([asked, answered, asking.dueMonoMs()]).toEqual([1, 1, Number.POSITIVE_INFINITY])
  // One that was busy when it was asked is asked once more, and then every half hour.
  asking.ask(['127.0.0.1'], sockets, 40_000)
  asking.ask(['127.0.0.1'], sockets, 90_000)
  await expect.poll(() => answered).toBe(2)
  expect(asked).toBe(2)
})
