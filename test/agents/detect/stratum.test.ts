import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bitsPerByte, isBlank, isIncompressible } from '#agents/host/detect/entropy.ts'
import { addWords, countWords, findWords, isConversation, noWords, walletsIn } from '#agents/host/detect/stratum.ts'
import { findMarks, hostsIn, readsText } from '#agents/host/detect/strings.ts'

const heap = (...parts: string[]) => Buffer.from(`\0\0${parts.join('\0\x11\0\0')}\0\0`, 'latin1')
const WALLET = `44${'A'.repeat(60)}${'b'.repeat(33)}`
const LOGIN = `{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"${WALLET}","pass":"x","agent":"a/1"}}\n`
const submit = (n: number) =>
  `{"id":${n},"method":"submit","params":{"id":"s","job_id":"job${n}","nonce":"0000000${n}","result":"${'ab'.repeat(32)}"}}\n`
const JOB = `{"jsonrpc":"2.0","method":"job","params":{"blob":"${'0f'.repeat(76)}","job_id":"q1","target":"b88d0600"}}\n`

/** What counts after looks, five seconds apart, at these memories. */
const counted = (looks: Buffer[], isFixed = false, laterMs = 0) => {
  const words = noWords()
  for (const [n, bytes] of looks.entries()) findWords(bytes, words, { nowMonoMs: n * 5_000, isFixed })
  return countWords(words, (looks.length - 1) * 5_000 + laterMs)
}

test('a conversation with a pool counts as soon as another of its messages comes', () => {
  expect(counted([heap(LOGIN, submit(1)), heap(LOGIN, submit(2), JOB)])).toBe(3)
  const notify = (n: number) => `{"id":null,"method":"mining.notify","params":["job${n}"]}\n`
  const subscribe = '{"id":1,"method":"mining.subscribe","params":["a/1"]}\n'
  expect(counted([heap(subscribe, notify(1)), heap(subscribe, notify(2))])).toBe(2)
})

test('messages that never change count after twenty seconds, in what was loaded from a file never', () => {
  const still = heap(LOGIN, JOB)
  expect(counted([still, still])).toBe(0)
  expect(counted([still, still], false, 20_000)).toBe(2)
  expect(counted([still, still], true, 600_000)).toBe(0)
  // A pool and a miner speak; what stands in a script as it stands in memory was never said.
  expect(counted([heap(LOGIN, submit(1))], false, 600_000)).toBe(0)
  const script = `const greet = () => socket.write('${LOGIN.trim()}')\nconst answer = () => socket.write('${JOB.trim()}')\n`
  expect(counted([heap(script, LOGIN, JOB)], false, 600_000)).toBe(0)
  expect(counted([heap(script, LOGIN, JOB.replace('q1', 'q2'))], false, 600_000)).toBe(0)
})

test('one kind that means nothing else is a conversation once another of it comes; what a program was built with adds to it', () => {
  expect(counted([heap(submit(1)), heap(submit(2))])).toBe(2)
  const share = (n: number) => `{"id":${n},"method":"mining.submit","params":["w","job1","0000000${n}"]}\n`
  expect(counted([heap(share(1)), heap(share(2))])).toBe(2)
  expect(counted([heap(JOB), heap(JOB.replace('q1', 'q2'))])).toBe(1)
  const words = noWords()
  findWords(heap(LOGIN), words, { nowMonoMs: 0, isFixed: true })
  for (const n of [1, 2]) findWords(heap(JOB.replace('q1', `q${n}`)), words, { nowMonoMs: n, isFixed: false })
  expect(countWords(words, 2)).toBe(2)
  expect(isConversation(words)).toBe(false)
  findWords(heap(share(1), share(2)), words, { nowMonoMs: 3, isFixed: false })
  expect(isConversation(words)).toBe(true)
})

test('keys come in any order and with spaces, as other languages write them', () => {
  const login = '{"params": {"agent": "a/1", "login": "w", "pass": "x"}, "id": 1, "method": "login"}\n'
  const share = (n: number) => `{"params": {"nonce": "0000000${n}", "job_id": "q1"}, "id": ${n}, "method": "submit"}\n`
  const job = '{"result": {"job": {"target": "b88d0600", "blob": "07", "job_id": "q1"}, "status": "OK"}, "id": 1}\n'
  expect(counted([heap(login, job, share(1)), heap(share(2))])).toBe(3)
  const ether = (n: number) => `{"id":${n},"method":"eth_submitWork","params":["0x${n}"]}\n`
  expect(counted([heap(ether(1)), heap(ether(2))])).toBe(2)
})

test('what two processes of one program said adds up', () => {
  const [one, other] = [noWords(), noWords()]
  findWords(heap(LOGIN), one, { nowMonoMs: 5, isFixed: false })
  findWords(heap(JOB), other, { nowMonoMs: 7, isFixed: false })
  addWords(one, other)
  expect([countWords(one, 20_004), countWords(one, 20_005)]).toEqual([0, 2])
  expect([one.sinceMonoMs, one.seenMonoMs]).toEqual([5, 7])
})

test('messages are heard through HTTP', () => {
  const post = (body: string) =>
    `POST / HTTP/1.1\r\nHost: relay.example\r\nContent-Type: application/json\r\n\r\n${body}`
  expect(counted([heap(post(LOGIN), post(submit(1))), heap(post(submit(2)))])).toBe(2)
})

test('documents, sources and rules that show stratum’s messages do not count', () => {
  const page = `A miner begins like this:\n\n    ${LOGIN}\nand hands in a share so:\n\n    ${submit(1)}\nThe pool then sends another job.\n`
  const source = `const greet = () => send('{"id":1,"method":"mining.subscribe","params":[]}')\nconst share = (job) => send(job)\n`
  const rule = 'alert tcp any any -> any any (msg:"miner seen"; content:"\\"method\\":\\"mining.submit\\""; sid:1;)\n'
  for (const text of [page, source, rule]) {
    expect(counted([heap(text), heap(text, text)], false, 600_000)).toBe(0)
  }
})

test('JSON-RPC that is not stratum does not count, whatever words it shares', () => {
  const calls = [
    '{"jsonrpc":"2.0","id":1,"method":"login","params":{"user":"ci","password":"x"}}\n',
    '{"jsonrpc":"2.0","id":2,"method":"submit","params":{"job_id":"build-7","target":"linux-x64"}}\n',
    '{"jsonrpc":"2.0","id":3,"method":"eth_getBlockByNumber","params":["0x1",true]}\n',
    '{"job_id":"17","status":"queued","target":"release"}\n',
    '{"job_id":"17","target":"0badc0de","status":"built"}\n',
    '{"rig":"7","method":"mining.submit","accepted":7,"pool":"stratum+tcp://10.0.0.1:3333"}\n',
    '{"jsonrpc":"2.0","id":4,"method":"submit","params":{"job_id":"build-7","result":"ok"}}\n',
  ]
  const more = calls.map((call) => call.replaceAll('7', '8'))
  expect(counted([heap(...calls), heap(...more)], false, 600_000)).toBe(0)
})

test('no bytes make the search throw or take long', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 4_000 }),
      fc.array(fc.constantFrom('"mining.', '"job_id"', '"login"', '{', '"method":')),
      (bytes, needles) => {
        const text = Buffer.concat([Buffer.from(bytes), ...needles.map((needle) => Buffer.from(needle))])
        expect(() => findWords(text, noWords(), { nowMonoMs: 0, isFixed: false })).not.toThrow()
      },
    ),
  )
  const hostile = Buffer.from('"job_id":"login"'.repeat(65_536))
  const started = performance.now()
  findWords(hostile, noWords(), { nowMonoMs: 0, isFixed: false })
  expect(performance.now() - started).toBeLessThan(2_000)
})

test('a program that says more than can be kept is kept within bounds', () => {
  const words = noWords()
  const long = 'ab'.repeat(500)
  for (let look = 0; look < 20; look++) {
    const said = Array.from({ length: 200 }, (_, n) => submit(look * 200 + n).replace('"s"', `"${long}"`))
    findWords(heap(...said), words, { nowMonoMs: look, isFixed: false })
  }
  const { prints, texts, samples, wallets, excerpt } = words
  expect(words.live).toBe(true)
  expect([prints.size <= 1_000, texts.size <= 32, samples.size <= 32, wallets.size <= 8]).not.toContain(false)
  expect(excerpt.length).toBeLessThan(1_000)
})

test('payout addresses are found, longer or shorter words are not', () => {
  expect(walletsIn(`user=${WALLET},x`)).toEqual([WALLET])
  expect(walletsIn(`${WALLET}A 4${'A'.repeat(40)}`)).toEqual([])
})

test('a dataset is incompressible; numbers, pointers, text and empty pages are not', () => {
  const random = Buffer.alloc(4096)
  let state = 1n
  for (let at = 0; at < 4096; at += 8) {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn
    random.writeBigUInt64LE(state ^ (state >> 29n), at)
  }
  expect(isIncompressible(random)).toBe(true)
  const page = (write: (page: Buffer, at: number) => void) => {
    const made = Buffer.alloc(4096)
    for (let at = 0; at < 4096; at += 8) write(made, at)
    return made
  }
  expect(isIncompressible(page((of, at) => void of.writeDoubleLE(Math.sqrt(at + 2), at)))).toBe(false)
  expect(isIncompressible(page((of, at) => void of.writeBigUInt64LE(0x7f0000000000n + BigInt(at * 48), at)))).toBe(
    false,
  )
  expect(isIncompressible(Buffer.alloc(4096, 'all work and no play '))).toBe(false)
  expect(bitsPerByte(Buffer.alloc(4096))).toBe(0)
  expect([random, Buffer.alloc(4096, 'some text ')].map(isBlank)).toEqual([false, false])
  const touched = Buffer.alloc(4096)
  touched[7] = 1
  expect([touched, Buffer.alloc(4096), Buffer.alloc(4096, 171)].map(isBlank)).toEqual([true, true, true])
})

test('miners’ words are found in their file, also where a piece of it begins in the middle', () => {
  const found = new Set<string>()
  findMarks(Buffer.from('\0XMRig 6.21\0RandomX\0stratum+tcp://\0'), found)
  expect([...found]).toEqual(['xmrig', 'randomx', 'stratum+tcp'])
})

test('names of hosts are taken from arguments, and programs that read text are known', () => {
  expect(hostsIn('-o stratum+tcp://pool.Example.com:3333 -u x --url=a.b.example.org/path file.txt')).toContain(
    'pool.example.com',
  )
  expect(hostsIn('a'.repeat(4_000))).toEqual([])
  expect(['grep', 'vim', 'sh', 'xmrig', 'nginx'].map(readsText)).toEqual([true, true, true, false, false])
})
