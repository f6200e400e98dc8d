/** Binary COPY payloads (PostgreSQL manual, "COPY", binary format), built without a string a cell. */

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const TRAILER_BYTES = 2
const METER_COUNT = 10
/** Field count, two int4 and eleven int8 with their lengths. */
const ROW_BYTES = 2 + 2 * (4 + 4) + (1 + METER_COUNT) * (4 + 8)

const TEMPLATE = (() => {
  const row = Buffer.alloc(ROW_BYTES)
  row.writeInt16BE(3 + METER_COUNT, 0)
  row.writeInt32BE(4, 2)
  row.writeInt32BE(4, 10)
  for (let i = 0; i <= METER_COUNT; i++) row.writeInt32BE(8, 18 + i * 12)
  return row
})()

/** Buffers of groups that are stored, for the next: megabytes a group would keep the collector busy. */
const spare: Buffer[] = []
const MOST_SPARE = 4
const FIRST_BYTES = 256 * 1024

/** Rows of `usage_minute` (host_id, minute, epoch, ten totals) gathered for one COPY. */
export class MinuteRows {
  #buffer = spare.pop() ?? Buffer.allocUnsafe(FIRST_BYTES)
  #at = SIGNATURE.copy(this.#buffer)
  count = 0

  /** Adds `[epoch, ...totals]`; every number is a whole one below 2^53. */
  add(hostId: number, minute: number, row: readonly number[]): void {
    if (this.#at + ROW_BYTES + TRAILER_BYTES > this.#buffer.length) this.#grow()
    const buffer = this.#buffer
    let at = this.#at
    TEMPLATE.copy(buffer, at)
    writeInt4(buffer, at + 6, hostId)
    writeInt4(buffer, at + 14, minute)
    at += 22
    for (let i = 0; i <= METER_COUNT; i++) {
      const value = row[i] ?? 0
      writeInt4(buffer, at, Math.floor(value / 4_294_967_296))
      writeInt4(buffer, at + 4, value >>> 0)
      at += 12
    }
    this.#at += ROW_BYTES
    this.count++
  }

  /** The whole payload of a COPY ... (FORMAT binary), good until `release`. */
  payload(): Buffer {
    this.#buffer.fill(0xff, this.#at, this.#at + TRAILER_BYTES)
    return this.#buffer.subarray(0, this.#at + TRAILER_BYTES)
  }

  /** Gives the buffer back once the payload is with PostgreSQL. */
  release(): void {
    if (spare.length < MOST_SPARE) spare.push(this.#buffer)
  }

  #grow() {
    const larger = Buffer.allocUnsafe(this.#buffer.length * 2)
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}

const writeInt4 = (buffer: Buffer, at: number, value: number) => {
  buffer[at] = value >>> 24
  buffer[at + 1] = value >>> 16
  buffer[at + 2] = value >>> 8
  buffer[at + 3] = value
}

const framed = (parts: readonly Buffer[], bytes: number): Buffer => {
  const trailer = Buffer.alloc(TRAILER_BYTES, 0xff)
  return Buffer.concat([SIGNATURE, ...parts, trailer], SIGNATURE.length + bytes + TRAILER_BYTES)
}

/** PostgreSQL counts timestamps in microseconds from 2000-01-01. */
const PG_EPOCH_MS = 946_684_800_000

/** A row of `report_body`: what is needed to verify the signature again, and the bytes as they came. */
export type BodyRow = {
  hostId: number
  keyId: number
  seq: number
  receivedAtMs: number
  sentMs: number
  monoMs: number
  bootId: string
  signature: Buffer
  body: Buffer
}

const FIXED_BODY_BYTES = 2 + 2 * (4 + 4) + 4 * (4 + 8) + 3 * 4

/** The payload of `COPY report_body (host_id, key_id, seq, received_at, sent_ms, mono_ms, boot_id, signature, body)`. */
export const bodyPayload = (rows: readonly BodyRow[]): Buffer => {
  const parts: Buffer[] = []
  let bytes = 0
  for (const row of rows) {
    const bootId = Buffer.from(row.bootId)
    const head = Buffer.allocUnsafe(FIXED_BODY_BYTES + bootId.length + row.signature.length)
    let at = head.writeInt16BE(9, 0)
    const int4 = (value: number) => {
      at = head.writeInt32BE(4, at)
      at = head.writeInt32BE(value, at)
    }
    const int8 = (value: number) => {
      at = head.writeInt32BE(8, at)
      at = head.writeBigInt64BE(BigInt(value), at)
    }
    const bytesOf = (value: Buffer) => {
      at = head.writeInt32BE(value.length, at)
      at += value.copy(head, at)
    }
    int4(row.hostId)
    int4(row.keyId)
    int8(row.seq)
    at = head.writeInt32BE(8, at)
    at = head.writeBigInt64BE(BigInt(row.receivedAtMs - PG_EPOCH_MS) * 1000n, at)
    int8(row.sentMs)
    int8(row.monoMs)
    bytesOf(bootId)
    bytesOf(row.signature)
    head.writeInt32BE(row.body.length, at)
    parts.push(head, row.body)
    bytes += head.length + row.body.length
  }
  return framed(parts, bytes)
}
