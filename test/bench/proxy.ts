import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { figure } from './figure.ts'
import { startControlPlane } from '../support/controlPlane.ts'
import { askToken, liftLimits, uploadBlob } from './parts/registry.ts'

const BLOB_BYTES = 256 * 1024 * 1024
const ROUNDS = 7
const PATH = 'operator/bench'
const MIB = 1_048_576

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const rssMib = (pid: number) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024

/** Downloads with curl, which costs least; gives bytes a second. */
const download = async (url: string, token: string): Promise<number> => {
  const args = [
    '-sf',
    '-o',
    '/dev/null',
    '-w',
    '%{speed_download} %{size_download}',
    '-H',
    `Authorization: Bearer ${token}`,
    url,
  ]
  const { stdout } = await promisify(execFile)('curl', args)
  const [speed, size] = stdout.split(' ').map(Number)
  if (size !== BLOB_BYTES) throw new Error(`${url} gave ${size} bytes`)
  return speed ?? 0
}

/** Pulls through the front against the registry's own throughput, and what 2 GB leave in the process's memory. */
export default async function bench() {
  const plane = await startControlPlane()
  try {
    const sql = plane.connect()
    await liftLimits(sql)
    await sql.end()
    const { name, password } = { name: plane.admin.email, password: plane.admin.password }
    const token = await askToken(plane.url, `repository:${PATH}:pull,push`, { name, password })
    // Random at its beginning, so that nothing on the way is clever with it.
    const blob = Buffer.concat([randomBytes(MIB), Buffer.alloc(BLOB_BYTES - MIB, 7)])
    const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`
    await uploadBlob(plane.url, PATH, token, blob, digest)
    const config = JSON.parse(readFileSync(join(plane.dataDir, 'registry', 'config.yml'), 'utf8')) as {
      http: { addr: string }
    }
    const path = `/v2/${PATH}/blobs/${digest}`
    const own = `http://${config.http.addr}${path}`
    const front = `${plane.url}${path}`
    for (const url of [own, front]) await download(url, token)

    const speeds = { own: [] as number[], front: [] as number[] }
    const before = rssMib(plane.pid())
    let most = before
    const sampler = setInterval(() => (most = Math.max(most, rssMib(plane.pid()))), 100)
    // Seven of the eight pass measured rounds; together more than 2 GB have passed with the first.
    for (let round = 0; round < ROUNDS + 1; round++) {
      speeds.own.push(await download(own, token))
      speeds.front.push(await download(front, token))
    }
    clearInterval(sampler)
    const [ownSpeed, frontSpeed] = [median(speeds.own), median(speeds.front)]
    figure({
      bench: 'proxy',
      figure: 'throughput_ratio',
      value: frontSpeed / ownSpeed,
      unit: 'ratio',
      own_mib_per_s: ownSpeed / MIB,
      front_mib_per_s: frontSpeed / MIB,
    })
    const passed = (speeds.front.length * BLOB_BYTES) / 1e9
    figure({
      bench: 'proxy',
      figure: 'rss_growth_mb',
      value: most - before,
      unit: 'MiB',
      passed_gb: passed,
      before_mib: before,
    })
  } finally {
    await plane.remove()
  }
}
