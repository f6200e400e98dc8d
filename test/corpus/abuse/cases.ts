/** One container of the corpus. */
export type Case = {
  name: string
  family: string
  /** What is right: proven abuse is stopped, bad behaviour throttled, all else left alone. */
  expect: 'stop' | 'throttle' | 'leave'
  /** A program of ours by its flags, a script under Node, or a program of the machine's own. */
  run: { program: Build; args: string } | { script: string } | { shell: string }
  cpus?: number
  /** Memory that it takes while it runs, for batches that fit. */
  mib?: number
  /** Runs again within its container when it ends. */
  supervised?: boolean
  /** Restarted by its owner when it was stopped. */
  network?: 'bridge' | 'none'
}

/** How `program.c` is built: `miner` has the words of miners in its file, `quiet` speaks stratum without them. */
export type Build = 'miner' | 'quiet' | 'honest' | 'marked'
export const BUILDS: Record<Build, string[]> = {
  miner: ['-DSTRATUM', '-DMARKS="xmrig/6.21 randomx cryptonight stratum+tcp:// donate-level"'],
  quiet: ['-DSTRATUM'],
  honest: [],
  marked: ['-DMARKS="Coinminer.XMRig xmrig randomx cryptonight stratum+tcp signatures"'],
}

const DATASET = 'mib=2080 jit=1 threads=2 fill=sparse'
const MERGED = 'mib=2344 jit=1 threads=4 fill=sparse'
const LIGHT = 'mib=256 jit=1 threads=1 fill=random'

const offender = (family: string, name: string, program: Build, args: string, more: Partial<Case> = {}): Case => ({
  name,
  family,
  expect: 'stop',
  run: { program, args },
  mib: args.includes('mib=256') ? 280 : args.includes('mib=') ? 200 : 20,
  ...more,
})
const honest = (family: string, name: string, args: string, more: Partial<Case> = {}): Case => ({
  ...offender(family, name, 'honest', args, more),
  expect: 'leave',
})
const script = (family: string, name: string, args: string, more: Partial<Case> = {}): Case => ({
  name,
  family,
  expect: 'leave',
  run: { script: args },
  mib: 80,
  ...more,
})
const shell = (name: string, command: string, more: Partial<Case> = {}): Case => ({
  name,
  family: 'machine',
  expect: 'leave',
  run: { shell: command },
  cpus: 0.25,
  mib: 100,
  ...more,
})

/** Addresses are put in for these words: who speaks stratum, the same disguised, and anything else. */
const POOL = 'peer=@pool speak=stratum'
const NOTE = 'peer=@pool speak=cryptonote'
const TLS = 'peer=@hidden speak=cryptonote hide=xor'
const TLS2 = 'peer=@hidden speak=stratum hide=xor'

export const OFFENDERS: Case[] = [
  offender('plain', 'dataset and stratum', 'miner', `${DATASET} duty=15 ${POOL}`),
  offender('plain', 'dataset and cryptonote', 'miner', `${DATASET} duty=15 ${NOTE}`),
  offender('plain', 'merged mapping', 'miner', `${MERGED} duty=8 ${NOTE}`),
  offender('plain', 'whole dataset', 'miner', `mib=2080 jit=1 threads=1 fill=random duty=15 ${POOL}`, { mib: 2_200 }),
  offender('plain', 'no dataset, but words and a pool', 'miner', `threads=1 duty=20 ${POOL}`),
  offender('plain', 'dataset of nothing yet', 'miner', `mib=2080 jit=1 threads=1 fill=none duty=20 ${NOTE}`),
  offender('plain', 'dataset that was only touched', 'quiet', `mib=2080 threads=1 fill=dots duty=15 ${POOL}`, {
    mib: 2_200,
  }),
  { ...script('plain', 'under Node', `miner mib=2080 duty=20 peer=@pool`, { mib: 400 }), expect: 'stop' },
  offender('plain', 'dataset and cache apart', 'quiet', `${DATASET} more=256 duty=15 ${NOTE}`),
  offender('plain', 'dataset that only counts', 'quiet', `mib=2080 jit=1 threads=1 fill=ascending duty=15 ${NOTE}`, {
    mib: 2_200,
  }),
  offender('plain', 'dataset of one byte', 'quiet', `mib=2080 threads=1 fill=constant duty=15 ${POOL}`, { mib: 2_200 }),
  offender('plain', 'allocated', 'quiet', `${DATASET} alloc=malloc duty=15 ${POOL}`),
  offender('plain', 'shared memory', 'quiet', `${DATASET} alloc=shared duty=15 ${NOTE}`),
  offender('plain', 'keys in another order', 'quiet', `${DATASET} duty=15 ${NOTE} order=other`),
  offender('plain', 'a connection for each message', 'quiet', `${DATASET} duty=15 ${POOL} keep=0`),
  offender('plain', 'in two processes', 'quiet', `parts=1 ${DATASET} duty=15 ${POOL}`),
  {
    ...script('plain', 'its pool beside it', `inside mib=2080 duty=20 port=3333 peer=127.0.0.1:3333`, { mib: 450 }),
    expect: 'stop',
  },
  { ...script('plain', 'WebAssembly', `miner wasm=1 duty=20 peer=@pool`, { mib: 250 }), expect: 'stop' },
  offender('renamed', 'renamed and stripped', 'quiet', `${DATASET} duty=15 ${POOL}`),
  offender('renamed', 'renamed, cryptonote', 'quiet', `${DATASET} duty=15 ${NOTE}`),
  offender('renamed', 'another title', 'quiet', `${DATASET} duty=15 ${NOTE} title=nginx:_worker_process`),
  offender('renamed', 'a title and words', 'miner', `threads=1 duty=20 ${NOTE} title=[kworker/0:1]`),
  offender('renamed', 'new account', 'quiet', `${MERGED} duty=8 ${POOL}`),
  offender('tls', 'disguised stratum', 'quiet', `${DATASET} duty=15 ${TLS2}`),
  offender('tls', 'disguised cryptonote', 'quiet', `${DATASET} duty=15 ${TLS}`),
  offender('tls', 'disguised, words in its file', 'miner', `${DATASET} duty=15 ${TLS}`),
  offender('proxy', 'port 443', 'quiet', `${DATASET} duty=15 peer=@web speak=cryptonote`),
  offender('proxy', 'port 8080', 'miner', `threads=1 duty=20 peer=@alt speak=stratum`),
  offender('memfd', 'from memory alone', 'quiet', `exec=memfd ${DATASET} duty=15 ${NOTE}`),
  offender('memfd', 'from memory, words', 'miner', `exec=memfd threads=1 duty=20 ${TLS}`),
  offender('deleted', 'file removed', 'quiet', `exec=deleted ${DATASET} duty=15 ${TLS2}`),
  offender('deleted', 'file removed, words', 'miner', `exec=deleted threads=1 duty=20 ${POOL}`),
  offender('throttled', 'half', 'quiet', `${DATASET} ${NOTE}`, { cpus: 0.5 }),
  offender('throttled', 'a quarter', 'quiet', `${DATASET} ${TLS}`, { cpus: 0.25 }),
  offender('throttled', 'a tenth', 'miner', `${DATASET} ${POOL}`, { cpus: 0.1 }),
  offender('throttled', 'by itself, a tenth', 'quiet', `mib=2080 jit=1 threads=1 fill=sparse duty=10 ${NOTE}`),
  offender('burst', 'five in fifteen', 'quiet', `${DATASET} duty=40 burst=5/10 ${NOTE}`),
  offender('burst', 'three in twenty', 'miner', `${DATASET} duty=40 burst=3/17 ${TLS}`),
  offender('burst', 'ten in sixty', 'quiet', `${DATASET} duty=40 burst=10/50 ${NOTE}`),
  offender('burst', 'idle at first', 'quiet', `mib=2080 jit=1 threads=2 fill=none duty=40 rest=25 burst=10/50 ${POOL}`),
  offender('light', 'cache without generated code', 'quiet', `mib=256 threads=1 fill=random duty=20 ${NOTE}`),
  offender('light', 'cache that is empty', 'quiet', `mib=256 threads=2 fill=none duty=20 ${TLS2} order=other`),
  offender('light', 'cache alone', 'miner', `${LIGHT} duty=20 ${NOTE}`),
  offender('light', 'cache alone, stripped', 'quiet', `${LIGHT} duty=20 ${POOL}`),
  offender('light', 'cache alone, disguised', 'quiet', `${LIGHT} duty=20 ${TLS}`),
  offender('light', 'cache with scratchpads', 'quiet', `mib=260 jit=1 threads=2 fill=random duty=10 ${NOTE}`),
  ...[1, 2, 3].map((n) => offender('small', `one of several, ${n}`, 'quiet', `${LIGHT} duty=6 ${TLS2}`)),
  offender('supervised', 'started again within', 'quiet', `${DATASET} duty=15 ${NOTE}`, { supervised: true }),
  offender('supervised', 'ends every eight seconds', 'quiet', `${DATASET} duty=25 life=8 ${NOTE}`, {
    supervised: true,
  }),
  { ...script('game', 'Minecraft one part at a time', 'parts port=2222'), expect: 'stop' },
  { ...script('game', 'Minecraft on its port', 'minecraft port=25565'), expect: 'stop' },
  { ...script('game', 'Minecraft on another', 'minecraft port=31337'), expect: 'stop' },
  { ...script('game', 'Bedrock', 'bedrock port=19132'), expect: 'stop' },
  { ...script('game', 'Source', 'source port=27015'), expect: 'stop' },
  { ...offender('log', 'log runaway', 'honest', 'threads=0 log=16000000'), expect: 'throttle' },
]

const RPC = 'peer=@rpc speak=rpc'
const WEB = 'peer=@rpc speak=http'
const RPC_TLS = 'peer=@rpc speak=rpc hide=xor'

export const HONEST: Case[] = [
  // Twins: the same cpu, memory and connections as an offender, and nothing wrong.
  honest('twin', 'of plain', `${DATASET} duty=15 ${RPC}`),
  honest('twin', 'of plain, weights over HTTPS', `mib=2080 jit=1 threads=2 fill=sparse duty=15 ${WEB} hide=xor`),
  honest('twin', 'of the merged mapping', `${MERGED} duty=8 ${RPC}`),
  honest('twin', 'of the whole dataset, quantized', `mib=2080 jit=1 threads=1 fill=quantized duty=15 ${RPC}`, {
    mib: 2_200,
  }),
  honest('twin', 'of the whole dataset, encrypted', `mib=2300 jit=1 threads=1 fill=random duty=15 ${RPC_TLS}`, {
    mib: 2_400,
  }),
  honest('twin', 'of nothing yet', `mib=2080 jit=1 threads=1 fill=none duty=20 ${RPC}`),
  honest('twin', 'of words and a pool', `threads=1 duty=20 ${RPC}`),
  script('twin', 'of Node', 'buffers mib=2080 fill=random duty=20 peer=@rpc', { mib: 400 }),
  honest('twin', 'of another title', `${DATASET} duty=15 ${RPC} title=nginx:_worker_process`),
  honest('twin', 'of disguise', `${DATASET} duty=15 ${RPC_TLS}`),
  honest('twin', 'of port 443', `${DATASET} duty=15 peer=@site speak=http`),
  honest('twin', 'of memory alone', `exec=memfd ${DATASET} duty=15 ${RPC}`),
  honest('twin', 'of a removed file', `exec=deleted ${DATASET} duty=15 ${RPC_TLS}`),
  honest('twin', 'of half', `${DATASET} ${RPC}`, { cpus: 0.5 }),
  honest('twin', 'of a quarter', `${DATASET} ${RPC_TLS}`, { cpus: 0.25 }),
  honest('twin', 'of a tenth', `${DATASET} ${RPC}`, { cpus: 0.1 }),
  honest('twin', 'of bursts', `${DATASET} duty=40 burst=5/10 ${RPC}`),
  honest('twin', 'of light', `${LIGHT} duty=20 ${RPC}`),
  honest('twin', 'of light with scratchpads', `mib=260 jit=1 threads=2 fill=random duty=10 ${RPC_TLS}`),
  honest('twin', 'of small ones', `${LIGHT} duty=6 ${RPC}`),
  honest('twin', 'of a supervised one', `${DATASET} duty=15 ${RPC}`, { supervised: true }),
  honest('twin', 'of a log runaway', 'threads=1 duty=10 log=300000'),
  honest('twin', 'of apart', `${DATASET} more=256 duty=15 ${RPC}`),
  honest('twin', 'of what only counts', `mib=2080 jit=1 threads=1 fill=ascending duty=15 ${RPC}`, { mib: 2_200 }),
  honest('twin', 'of one byte', `mib=2080 threads=1 fill=constant duty=15 ${RPC}`, { mib: 2_200 }),
  honest('twin', 'of shared memory', `${DATASET} alloc=shared duty=15 ${RPC_TLS}`),
  honest('twin', 'of a connection each', `${DATASET} duty=15 ${RPC} keep=0`),
  honest('twin', 'of two processes', `parts=1 ${DATASET} duty=15 ${RPC}`),
  honest('twin', 'of ten in sixty', `${DATASET} duty=40 burst=10/50 ${RPC}`),
  honest('twin', 'of no generated code', `mib=256 threads=1 fill=random duty=20 ${RPC}`),
  honest('twin', 'of what ends', `${DATASET} duty=25 life=8 ${RPC}`, { supervised: true }),
  script('twin', 'of WebAssembly', 'wasm duty=20 peer=@rpc', { mib: 250 }),
  // Memory.
  honest('memory', 'matrices', `mib=2300 threads=2 fill=numbers duty=15`, { mib: 2_400 }),
  honest('memory', 'a JVM’s heap', `mib=2200 jit=1 threads=2 fill=pointers duty=15 ${RPC}`, { mib: 2_300 }),
  honest('memory', 'Argon2', 'mib=256 threads=1 fill=random duty=25'),
  honest('memory', 'hash table of a chess engine', 'mib=256 threads=2 fill=random duty=15'),
  honest('memory', 'that was only touched', `mib=2080 threads=1 fill=dots duty=15 ${RPC}`, { mib: 2_200 }),
  script('memory', 'Node with buffers', 'buffers mib=2200 fill=text duty=15 peer=@rpc', { mib: 2_400 }),
  script('memory', 'Node with a heap', 'heap mib=400 duty=20 peer=@rpc', { mib: 900 }),
  // Words.
  {
    ...honest('words', 'a scanner with signatures', `threads=1 duty=20 ${WEB}`),
    run: { program: 'marked', args: `threads=1 duty=20 ${WEB}` },
  },
  {
    ...honest('words', 'a scanner with a heap', '', { mib: 2_300 }),
    run: { program: 'marked', args: `mib=2200 jit=1 threads=1 fill=pointers duty=15 ${RPC}` },
  },
  {
    ...honest('words', 'signatures beside an empty heap', ''),
    run: { program: 'marked', args: `mib=2080 jit=1 threads=1 fill=none duty=15 ${RPC}` },
  },
  script('words', 'a farm of builds', 'farm duty=20 peer=@rpc mib=2080', { mib: 400 }),
  script('words', 'a dashboard of miners', 'dashboard duty=20 peer=@rpc mib=256'),
  script('words', 'documents about stratum', 'documents port=8080 duty=20 peer=@rpc'),
  script('words', 'documents beside weights', 'documents port=3333 mib=2080 duty=15 peer=@rpc', { mib: 400 }),
  script('words', 'a queue that submits jobs', 'queue duty=20 peer=@rpc'),
  script('words', 'a queue beside weights', 'queue duty=20 peer=@rpc mib=2080 fill=random', { mib: 400 }),
  shell(
    'grep for miners',
    'while :; do grep -rc -e xmrig -e stratum+tcp -e mining.subscribe /docs /usr/share/doc; done',
  ),
  shell('an argument that a miner has', 'while :; do grep -r -e --donate-level -e --coin=monero /usr/share/doc; done'),
  // Servers.
  script('server', 'on 3333', 'http port=3333 duty=15'),
  script('server', 'on 8080', 'http port=8080 duty=15'),
  script('server', 'status as JSON over HTTP', 'status port=25565'),
  script('server', 'that answers slowly', 'slow port=25565'),
  script('server', 'that answers without end', 'endless port=31337'),
  script('server', 'launcher of a game', 'launcher duty=10 peer=@rpc'),
  // Work.
  honest('work', 'flat three quarters', 'threads=1 duty=75', { cpus: 0.5 }),
  honest('work', 'simulation', 'threads=1 duty=100', { cpus: 0.2 }),
  honest('work', 'several workers', 'mib=64 threads=4 fill=random duty=6'),
  script('work', 'generated code', 'jit duty=20'),
  script('work', 'hashes', 'hash duty=20'),
  shell('openssl speed', 'while :; do openssl speed -seconds 1 sha256 aes-256-cbc; done'),
  shell('compiler', 'while :; do gcc -O2 -c /docs/program.c -o /dev/null; done'),
  shell('xz', 'while :; do xz -9 -c /usr/bin/perl > /dev/null; done'),
  shell('gzip', 'while :; do tar -c /usr/include | gzip -9 > /dev/null; done'),
  shell('digests', 'while :; do sha512sum /usr/bin/* > /dev/null; done'),
  shell('perl', `perl -e 'my $x = 0; while (1) { $x = ($x * 31 + 7) % 1000003 }'`),
  shell('awk', `awk 'BEGIN { while (1) x = x * 1.0001 + 1 }'`),
  shell('sort', 'while :; do find /usr/share -type f | sort -R | sort > /dev/null; done'),
  shell('idle', 'sleep 600', { mib: 5 }),
]

/** A handful of each, for where time is short. */
export const SHORT = new Set([
  'dataset and stratum',
  'renamed, cryptonote',
  'disguised cryptonote',
  'from memory alone',
  'a tenth',
  'cache alone, disguised',
  'Minecraft on another',
  'of plain',
  'of nothing yet',
  'of light',
  'of a tenth',
  'documents beside weights',
  'a scanner with signatures',
  'that answers without end',
  'openssl speed',
])
