import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { createCaptures, heardIn } from '#agents/host/detect/capture.ts'
import { flowsIn } from '#agents/host/detect/packets.ts'

const folder = mkdtempSync(join(tmpdir(), 'wharf-capture-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (linkType: number, ...packets: Buffer[]) => {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt32LE(linkType, 20)
  const records = packets.map((packet) => {
    const record = Buffer.alloc(16)
    record.writeUInt32LE(packet.length, 8)
    return Buffer.concat([record, packet])
  })
  return Buffer.concat([header, ...records])
}

/** A TCP segment of IPv4 or IPv6 behind so many bytes of link header. */
const segment = (text: string, { seq = 1, link = 14, port = 3333, six = false, protocol = 6 } = {}) => {
  const tcp = Buffer.alloc(20)
  tcp.writeUInt16BE(40_000, 0)
  tcp.writeUInt16BE(port, 2)
  tcp.writeUInt32BE(seq, 4)
  tcp[12] = 5 << 4
  const payload = Buffer.from(text)
  const ip = Buffer.alloc(six ? 40 : 20)
  ip[0] = six ? 0x60 : 0x45
  if (six) ip.writeUInt16BE(20 + payload.length, 4)
  else ip.writeUInt16BE(40 + payload.length, 2)
  ip[six ? 6 : 9] = protocol
  return Buffer.concat([Buffer.alloc(link), ip, tcp, payload])
}
const share = (n: number) => `{"id":${n},"method":"mining.submit","params":["w","job1","0000000${n}"]}\n`

test('what was said is put together for each direction, whatever the link, and what came twice counts once', () => {
  for (const [type, link] of [
    [1, 14],
    [113, 16],
    [276, 20],
    [101, 0],
  ] as const) {
    const capture = file(
      type,
      segment('one ', { link }),
      segment('one ', { link }),
      segment('two', { link, seq: 5 }),
      segment('other', { link, port: 80, six: true }),
      segment('no tcp', { link, protocol: 17 }),
    )
    expect(flowsIn(capture)?.map(({ bytes }) => bytes.toString())).toEqual(['one two', 'other'])
  }
  expect(flowsIn(Buffer.from('tcpdump: something else'))).toBeNull()
  expect(flowsIn(file(999, segment('x')))).toBeNull()
})

test('a capture that ends anywhere, or holds anything, is read without harm', () => {
  const whole = file(1, segment(share(1)), segment(share(2), { seq: 2 }))
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), (end, at, byte) => {
      const bytes = Buffer.from(whole)
      bytes[at] = byte
      expect(() => flowsIn(bytes.subarray(0, end))).not.toThrow()
    }),
  )
})

test('two messages of stratum are heard; one, pages about it and other calls are not', () => {
  const heard = heardIn(file(1, segment(share(1)), segment(share(2), { seq: 99 })))
  expect(heard).toMatchObject({ signal: 'wire.stratum', value: expect.stringContaining('mining.submit') })
  expect(heardIn(file(1, segment(share(1))))).toBeNull()
  expect(heardIn(file(1, segment(share(1) + share(2))))).not.toBeNull()
  expect(heardIn(file(1, segment(`HTTP/1.1 200 OK\r\n\r\n${share(1)}${share(2)}`)))).toBeNull()
  expect(heardIn(file(1, segment('{"method":"submit","params":{"job_id":"build-7"}}\n'.repeat(3))))).toBeNull()
})

/** A host with these programs on its path; they are shell scripts. */
const pathWith = (name: string, programs: Record<string, string>) => {
  const path = join(folder, name)
  mkdirSync(path)
  for (const [program, script] of Object.entries(programs)) {
    writeFileSync(join(path, program), `#!/bin/sh\n${script}\n`)
    chmodSync(join(path, program), 0o755)
  }
  return path
}

test('a suspect is listened to with the host’s tools, one at a time', async () => {
  writeFileSync(
    join(folder, 'capture'),
    file(276, segment(share(1), { link: 20 }), segment(share(2), { link: 20, seq: 9 })),
  )
  const captures = createCaptures(pathWith('both', { tcpdump: 'exit 1', nsenter: `exec cat ${folder}/capture` }))
  const [first, second] = [captures.listen(1), captures.listen(2)]
  expect(second).toBeUndefined()
  expect(await first).toMatchObject({ value: expect.stringContaining('mining.submit') })
  expect(await captures.listen(2)).toMatchObject({ value: expect.stringContaining('mining.submit') })
})

test('where it cannot be listened to, that is said with the reason, and nobody waits for a tool that hangs', async () => {
  const why = async (path: string) => (await createCaptures(path, 200).listen(1))!
  expect(await why('')).toMatchObject({ value: 'unavailable', excerpt: 'tcpdump is not on this host' })
  const refused = pathWith('refused', { tcpdump: '', nsenter: 'echo "reassociate: not permitted" >&2; exit 1' })
  expect(await why(refused)).toMatchObject({ value: 'unavailable', excerpt: expect.stringContaining('not permitted') })
  const begun = pathWith('begun', { tcpdump: '', nsenter: `cat ${folder}/capture; echo "no such user" >&2; exit 1` })
  expect(await why(begun)).toMatchObject({ value: 'unavailable', excerpt: expect.stringContaining('no such user') })
  const hangs = pathWith('hangs', { tcpdump: '', nsenter: "trap '' TERM; exec sleep 60" })
  expect(await why(hangs)).toMatchObject({ value: 'unavailable' })
  const endless = pathWith('endless', { tcpdump: '', nsenter: 'exec cat /dev/zero' })
  expect(await why(endless)).toMatchObject({ value: 'unavailable', excerpt: 'the capture cannot be read' })
})
