import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

const TIMEOUT_MS = 2_000
const MOST_BYTES = 64 * 1024
/** Between the two parts of a question: some servers read one part at a time. */
const PAUSE_MS = 100

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  for (let rest = value >>> 0; ; rest >>>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest & 127) | 128)
  }
}
const packet = (...parts: Buffer[]) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([varint(body.length), body])
}

/** A varint at `at`: value and the position behind it; null where it is not whole or too long. */
const readVarint = (bytes: Buffer, at: number): [number, number] | null => {
  let value = 0
  for (let n = 0; n < 5; n++) {
    const byte = bytes[at + n]
    if (byte === undefined) return null
    value += (byte & 127) * 2 ** (7 * n)
    if (byte < 128) return [value, at + n + 1]
  }
  return null
}

/** What Minecraft's status says: its version and players. Null where the text is no such status. */
export const parseStatus = (json: string): string | null => {
  try {
    const { version, players } = JSON.parse(json) as { version?: { name?: unknown }; players?: Record<string, unknown> }
    if (typeof version !== 'object' || version === null || typeof players !== 'object' || players === null) return null
    if (!Number.isFinite(players['max']) || !Number.isFinite(players['online'])) return null
    return `${String(version.name ?? '?').slice(0, 60)} ${Number(players['online'])}/${Number(players['max'])}`
  } catch {
    return null
  }
}

/** The status in the bytes that came so far: undefined while more may come, null where it is none. */
const statusIn = (bytes: Buffer): string | null | undefined => {
  const length = readVarint(bytes, 0)
  if (!length) return bytes.length >= 5 ? null : undefined
  if (length[0] > MOST_BYTES || length[0] < 3) return null
  const id = readVarint(bytes, length[1])
  if (!id) return bytes.length < length[1] + 5 ? undefined : null
  if (id[0] !== 0) return null
  const text = readVarint(bytes, id[1])
  if (!text) return bytes.length < id[1] + 5 ? undefined : null
  if (text[0] > length[0]) return null
  if (bytes.length < text[1] + text[0]) return undefined
  return parseStatus(bytes.toString('utf8', text[1], text[1] + text[0]))
}

/**
 * Asks a port for Minecraft's Server List Ping (minecraft.wiki, "Java Edition protocol/Server List Ping"): version and
 * players, or null where it does not answer so. Two seconds and 64 kB at most, however it answers. Never rejects.
 */
export const askMinecraft = (address: string, port: number): Promise<string | null> =>
  new Promise((resolve) => {
    let bytes = Buffer.alloc(0)
    const socket = connect({ host: address, port })
    const timer = setTimeout(() => end(null), TIMEOUT_MS)
    let pause: NodeJS.Timeout | undefined
    const end = (found: string | null) => {
      clearTimeout(timer)
      clearTimeout(pause)
      socket.destroy()
      resolve(found)
    }
    socket.on('connect', () => {
      const host = Buffer.from(address)
      const handshake = packet(
        Buffer.from([0]),
        varint(-1),
        varint(host.length),
        host,
        Buffer.from([port >> 8, port & 255]),
        Buffer.from([1]),
      )
      socket.setNoDelay(true)
      socket.write(handshake)
      pause = setTimeout(() => socket.write(packet(Buffer.from([0]))), PAUSE_MS)
    })
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      const found = bytes.length > MOST_BYTES ? null : statusIn(bytes)
      if (found !== undefined) end(found)
    })
    socket.on('error', () => end(null))
    socket.on('close', () => end(null))
  })

const askByDatagram = (address: string, port: number, question: Buffer, read: (answer: Buffer) => string | null) =>
  new Promise<string | null>((resolve) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    const timer = setTimeout(() => end(null), TIMEOUT_MS)
    const end = (found: string | null) => {
      clearTimeout(timer)
      socket.close(() => resolve(found))
    }
    socket.on('error', () => end(null))
    socket.once('message', (answer) => end(read(answer)))
    socket.send(question, port, address, (error) => {
      if (error) end(null)
    })
  })

const MAGIC = Buffer.from('00ffff00fefefefefdfdfdfd12345678', 'hex')

/** RakNet's unconnected ping, as Bedrock servers answer it (minecraft.wiki, "RakNet"). Never rejects. */
export const askBedrock = (address: string, port: number): Promise<string | null> =>
  askByDatagram(address, port, Buffer.concat([Buffer.from([1]), Buffer.alloc(8), MAGIC, Buffer.alloc(8)]), (answer) => {
    if (answer[0] !== 0x1c || answer.length < 35 || !answer.subarray(17, 33).equals(MAGIC)) return null
    const text = answer.toString('latin1', 35, 35 + Math.min(300, answer.readUInt16BE(33)))
    return /^(MCPE|MCEE);/.test(text) ? text.slice(0, 120) : null
  })

/** Source engines' A2S_INFO (developer.valvesoftware.com, "Server queries"), also where it challenges. Never rejects. */
export const askSource = (address: string, port: number): Promise<string | null> =>
  askByDatagram(
    address,
    port,
    Buffer.concat([Buffer.from('ffffffff54', 'hex'), Buffer.from('Source Engine Query\0')]),
    (answer) => {
      if (answer.length < 6 || answer.readInt32LE(0) !== -1) return null
      if (answer[4] === 0x41 && answer.length === 9) return 'A2S challenge'
      if (answer[4] !== 0x49) return null
      return answer.toString('latin1', 6, Math.min(answer.length, 126)).split('\0').slice(0, 4).join(' ')
    },
  )
