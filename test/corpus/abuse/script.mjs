// What the corpus runs under Node in containers, by its first argument; further arguments are key=value. Nothing is mined.
import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer as createHttp } from 'node:http'
import { connect, createServer } from 'node:net'

const [what, ...rest] = process.argv.slice(2)
const options = Object.fromEntries(rest.map((part) => part.split(/=(.*)/s)))
const duty = Number(options.duty ?? 20)
const port = Number(options.port ?? 8080)
const MIB = 2 ** 20

/** Keeps a core busy for its share of each 200 ms. */
const work = (act = (n) => Math.sqrt(n) * 1.0001) => {
  let sum = 0
  setInterval(() => {
    const until = performance.now() + 2 * duty
    while (performance.now() < until) for (let n = 0; n < 2_000; n++) sum += act(n) ? 1 : 0
  }, 200)
}

const dial = (onData = () => {}) => {
  const [host, number] = options.peer.split(':')
  const socket = connect({ host, port: Number(number) })
  socket.on('data', onData)
  socket.on('error', () => {})
  return socket
}

const fill = (mib, how) => {
  const memory = Buffer.allocUnsafeSlow(mib * MIB)
  const pattern =
    how === 'random' ? randomBytes(MIB) : Buffer.from('{"word":"ordinary text"},'.repeat(50_000)).subarray(0, MIB)
  for (let at = 0; at < memory.length; at += MIB * (how === 'random' ? 16 : 1)) pattern.copy(memory, at)
  return memory
}

const status = (over) =>
  JSON.stringify({ version: { name: '1.21.4', protocol: 769 }, players: { max: 20, online: 3 }, ...over })
const varint = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)])
const framed = (json) => {
  const text = Buffer.from(json)
  const body = Buffer.concat([Buffer.from([0, ...varint(text.length)]), text])
  return Buffer.concat([Buffer.from(varint(body.length)), body])
}

const documents =
  'The stratum protocol. A miner such as xmrig (RandomX, cryptonight) opens stratum+tcp and begins with this message:\n\n' +
  '    {"id":1,"method":"mining.subscribe","params":["agent/1.0"]}\n\nThe pool then answers and sends a job:\n\n' +
  '    {"id":null,"method":"mining.notify","params":["job1"]}\n\nA share is handed in by mining.submit, for instance:\n\n' +
  '    {"id":4,"method":"mining.submit","params":["worker","job1","00000000"]}\n\n'

/** 2,080 MiB, of which little is written. */
const wasm = () => {
  const memory = new Uint8Array(new WebAssembly.Memory({ initial: 33_280, maximum: 33_280 }).buffer)
  for (let at = 0; at < memory.length; at += 16 * MIB) memory.set(randomBytes(65_536), at)
  return memory
}

/** Stratum with its pool. */
const speak = () => {
  const socket = dial()
  let id = 0
  const say = (method, params) => socket.write(`${JSON.stringify({ id: ++id, method, params })}\n`)
  say('mining.subscribe', ['agent/2.0'])
  say('mining.authorize', [`w${process.pid}`, 'x'])
  setInterval(() => say('mining.submit', ['w', `job${id}`, randomBytes(4).toString('hex')]), 1_000)
}

const kinds = {
  /** Minecraft's Server List Ping on any port. */
  minecraft: () =>
    createServer((socket) => socket.on('data', () => socket.write(framed(status({})))).on('error', () => {})).listen(
      port,
    ),
  /** The same by a server that reads the question one part at a time. */
  parts: () =>
    createServer((socket) => {
      let read = 0
      socket.on('data', () => ++read === 2 && socket.write(framed(status({})))).on('error', () => {})
    }).listen(port),
  bedrock: () => {
    const socket = createSocket('udp4')
    socket.on('message', (question, from) => {
      if (question[0] !== 1) return
      const text = Buffer.from('MCPE;A world;800;1.21.80;2;10;1234567890;Second;Survival;')
      const length = Buffer.from([text.length >> 8, text.length & 255])
      socket.send(
        Buffer.concat([Buffer.from([0x1c]), Buffer.alloc(16), question.subarray(9, 25), length, text]),
        from.port,
        from.address,
      )
    })
    socket.bind(port)
  },
  source: () => {
    const socket = createSocket('udp4')
    socket.on('message', (question, from) => {
      if (question[4] !== 0x54) return
      socket.send(
        Buffer.concat([Buffer.from('ffffffff4911', 'hex'), Buffer.from('A server\0map\0folder\0Game\0')]),
        from.port,
        from.address,
      )
    })
    socket.bind(port)
  },
  /** A web page that answers our question in its own way, slowly, or without end. */
  http: () => {
    createHttp((_, answer) => answer.end('hello')).listen(port)
    work()
  },
  slow: () =>
    createServer((socket) => {
      const timer = setInterval(() => socket.write(Buffer.from([0xff])), 500)
      socket.on('error', () => {}).on('close', () => clearInterval(timer))
    }).listen(port),
  endless: () =>
    createServer((socket) => {
      const more = () => {
        while (socket.writable && socket.write(Buffer.alloc(65536, 255)));
      }
      socket.on('drain', more).on('error', () => {})
      more()
    }).listen(port),
  status: () => createHttp((_, answer) => answer.end(status({}))).listen(port),
  /** Asks others for their status, as launchers and dashboards do. */
  launcher: () => {
    setInterval(() => dial().write(Buffer.from([0x10, 0, 0])), 2_000)
    work()
  },
  documents: () => {
    const pages = Array.from({ length: 400 }, (_, n) => `${documents}Page ${n}.`)
    createHttp((_, answer) => answer.end(pages[Math.floor(Math.random() * 400)])).listen(port)
    if (options.peer) dial()
    const memory = options.mib ? fill(Number(options.mib), 'random') : null
    work((n) => pages[n % 400].includes('mining.submit') || memory?.[n])
  },
  /** A queue of jobs over JSON-RPC with words that stratum has too. */
  queue: () => {
    const kept = []
    const socket = dial()
    socket.write(
      `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'login', params: { user: 'ci', password: 'x' } })}\n`,
    )
    let id = 1
    setInterval(() => {
      const message = {
        jsonrpc: '2.0',
        id: ++id,
        method: 'submit',
        params: { job_id: `build-${id}`, target: 'linux-x64' },
      }
      kept.push(JSON.stringify(message))
      if (kept.length > 100) kept.shift()
      socket.write(`${kept.at(-1)}\n`)
    }, 500)
    const memory = options.mib ? fill(Number(options.mib), options.fill ?? 'text') : null
    work((n) => memory?.[n * 4096])
  },
  jit: () => work((n) => new Function('x', `return x * ${n % 7}`)(n)),
  hash: () => work((n) => createHash('sha256').update(String(n)).digest('hex')),
  heap: () => {
    const kept = []
    const limit = Number(options.mib ?? 300)
    setInterval(() => kept.length < limit && kept.push(Array.from({ length: 120_000 }, (_, n) => n)), 20)
    if (options.peer) dial()
    work()
  },
  buffers: () => {
    const memory = fill(Number(options.mib), options.fill ?? 'text')
    if (options.peer) setInterval(() => dial().end(`GET /?${memory[7]} HTTP/1.1\r\n\r\n`), 1_000)
    work((n) => memory[(n * 7919) % memory.length])
  },
  /** Builds on a farm: a login, jobs with targets that are digests, and results that are digests too. */
  farm: () => {
    const kept = []
    const socket = dial()
    const say = (message) => {
      kept.push(JSON.stringify({ jsonrpc: '2.0', id: kept.length, ...message }))
      socket.write(`${kept.at(-1)}\n`)
    }
    say({ method: 'login', params: { login: 'ci', pass: 'x' } })
    const digest = () => createHash('sha256').update(randomBytes(8)).digest('hex')
    setInterval(() => {
      if (kept.length > 200) kept.length = 1
      say({ params: { job_id: `build-${kept.length}`, target: digest().slice(0, 8) } })
      say({ method: 'submit', params: { job_id: `build-${kept.length}`, result: digest() } })
    }, 500)
    const memory = fill(Number(options.mib), 'random')
    work((n) => memory[n * 4096])
  },
  /** Watches other people's machines: what it is told of is full of miners' words. */
  dashboard: () => {
    const rows = []
    const socket = dial()
    setInterval(() => {
      const row = {
        host: `rig-${rows.length % 50}`,
        agent: 'xmrig/6.21',
        pool: 'stratum+tcp://10.0.0.1:3333',
        job_id: rows.length,
      }
      rows.push(JSON.stringify({ ...row, method: 'mining.submit', accepted: rows.length * 3, algo: 'randomx' }))
      if (rows.length > 5_000) rows.shift()
      socket.write(`GET /rigs?from=${rows.length} HTTP/1.1\r\nHost: rigs.example\r\n\r\n`)
    }, 300)
    const memory = fill(Number(options.mib), 'random')
    work((n) => memory[n * 4096])
  },
  /** Looks like a miner: a dataset, generated code, a pool. */
  miner: () => {
    const memory = options.wasm ? wasm() : fill(Number(options.mib), 'random')
    speak()
    work((n) => memory[(n * 7919) % memory.length])
  },
  /** The same with its pool in a process of its own, on the loopback. */
  inside: () => {
    const pool = fork(process.argv[1], ['pool', `port=${port}`])
    pool.on('message', kinds.miner)
  },
  pool: () =>
    createServer((socket) => {
      let n = 0
      const notify = () => `${JSON.stringify({ id: null, method: 'mining.notify', params: [`j${n++}`, true] })}\n`
      const timer = setInterval(() => socket.write(notify()), 2_000)
      socket.on('error', () => {}).on('close', () => clearInterval(timer))
      socket.resume()
    }).listen(port, '127.0.0.1', () => process.send('ready')),
  /** Numbers in a WebAssembly memory of that size. */
  wasm: () => {
    const memory = wasm()
    if (options.peer) setInterval(() => dial().end(`GET /?${memory[7]} HTTP/1.1\r\n\r\n`), 1_000)
    work((n) => memory[(n * 7919) % memory.length])
  },
}
kinds[what]()
