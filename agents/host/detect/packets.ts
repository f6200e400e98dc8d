/** The bytes of one direction of a TCP connection, in the order they were seen. */
export type Flow = { bytes: Buffer }

const MOST_FLOWS = 64
const MOST_FLOW_BYTES = 64 * 1024
const FILE_HEADER = 24
const PACKET_HEADER = 16
const MAGICS = new Set([0xa1b2c3d4, 0xa1b23c4d])
const TCP = 6

/** Bytes before the IP header, by link type (tcpdump.org, "Link-layer header types"); null for others. */
const linkBytes = (type: number): number | null => ({ 0: 4, 1: 14, 12: 0, 101: 0, 113: 16, 276: 20 })[type] ?? null

type Segment = { flow: string; seq: number; payload: Buffer }

/** The TCP segment in an IP packet; null where it is none, or a fragment. */
const segmentOf = (ip: Buffer): Segment | null => {
  const version = (ip[0] ?? 0) >> 4
  let at: number
  let end: number
  let hosts: string
  if (version === 4 && ip.length >= 20) {
    at = (ip[0]! & 15) * 4
    end = Math.min(ip.length, ip.readUInt16BE(2))
    if (ip[9] !== TCP || (ip.readUInt16BE(6) & 0x1fff) !== 0) return null
    hosts = ip.toString('hex', 12, 20)
  } else if (version === 6 && ip.length >= 40) {
    at = 40
    end = Math.min(ip.length, 40 + ip.readUInt16BE(4))
    if (ip[6] !== TCP) return null
    hosts = ip.toString('hex', 8, 40)
  } else return null
  if (at + 20 > end) return null
  const from = at + (ip[at + 12]! >> 4) * 4
  if (from > end) return null
  const flow = `${hosts} ${ip.readUInt16BE(at)} ${ip.readUInt16BE(at + 2)}`
  return { flow, seq: ip.readUInt32BE(at + 4), payload: ip.subarray(from, end) }
}

/**
 * What was said on TCP connections, of a capture as tcpdump writes it (pcap-savefile(5)); it may end anywhere. Null where
 * it is no such capture. At most 64 directions of 64 kB; what was seen twice counts once.
 */
export const flowsIn = (capture: Buffer): Flow[] | null => {
  if (capture.length < FILE_HEADER) return null
  const little = MAGICS.has(capture.readUInt32LE(0))
  if (!little && !MAGICS.has(capture.readUInt32BE(0))) return null
  const word = (at: number) => (little ? capture.readUInt32LE(at) : capture.readUInt32BE(at))
  const skipped = linkBytes(word(20))
  if (skipped === null) return null
  const flows = new Map<string, { parts: Buffer[]; length: number; seen: Set<number> }>()
  for (let at = FILE_HEADER; at + PACKET_HEADER <= capture.length;) {
    const from = at + PACKET_HEADER
    at = from + word(at + 8)
    const segment = segmentOf(capture.subarray(from + skipped, Math.min(at, capture.length)))
    if (!segment || segment.payload.length === 0) continue
    const flow = flows.get(segment.flow) ?? { parts: [], length: 0, seen: new Set() }
    if (flow.seen.has(segment.seq) || flow.length > MOST_FLOW_BYTES) continue
    if (!flows.has(segment.flow) && flows.size >= MOST_FLOWS) continue
    flows.set(segment.flow, flow)
    flow.seen.add(segment.seq)
    flow.parts.push(segment.payload)
    flow.length += segment.payload.length
  }
  return [...flows.values()].map(({ parts }) => ({ bytes: Buffer.concat(parts) }))
}
