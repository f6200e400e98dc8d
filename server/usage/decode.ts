import { gunzipSync } from 'node:zlib'
import { epochId, METERS, PROTOCOL_VERSION, type Report } from '#agents/protocol.ts'
import { DomainError } from '../errors.ts'

/** A report may unpack to this; 5,000 containers take about 1 MB. */
const MOST_UNPACKED_BYTES = 16 * 1024 * 1024
const MOST_ROWS = 50_000
const ROW_LENGTH = METERS.length + 1

type Fields = Record<string, unknown>

const fault = (path: string, expected: string) =>
  new DomainError('BAD_REQUEST', `${path} should be ${expected}`, { path })

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const object = (value: unknown, path: string): Fields => {
  if (!isObject(value)) throw fault(path, 'an object')
  return value
}
const list = (value: unknown, path: string, most: number): unknown[] => {
  if (!Array.isArray(value)) throw fault(path, 'a list')
  if (value.length > most) throw fault(path, `a list of at most ${most}`)
  return value
}
const text = (value: unknown, path: string, most = 512): string => {
  if (typeof value !== 'string' || value.length > most) throw fault(path, `a text of at most ${most} characters`)
  // PostgreSQL stores neither in text.
  if (value.includes('\0') || !value.isWellFormed()) throw fault(path, 'a text without NUL and lone surrogates')
  return value
}
const whole = (value: unknown, path: string, most = Number.MAX_SAFE_INTEGER): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most) {
    throw fault(path, `a whole number from 0 to ${most}`)
  }
  return value
}
const bool = (value: unknown, path: string): boolean => {
  if (typeof value !== 'boolean') throw fault(path, 'true or false')
  return value
}
const oneOf = (value: unknown, path: string, values: readonly string[]) => {
  if (typeof value !== 'string' || !values.includes(value)) throw fault(path, `one of ${values.join(', ')}`)
}
const optional = (value: unknown, check: (value: unknown) => unknown) => {
  if (value !== undefined) check(value)
}

const MOST_INT4 = 2_147_483_647

/** The members a report may have here; what a newer agent adds is left out, and stays in the evidence. */
const only = (fields: Fields, keys: readonly string[]): Fields => {
  const kept: Fields = {}
  for (const key of keys) if (fields[key] !== undefined) kept[key] = fields[key]
  return kept
}

const checkRows = (value: unknown, path: string): number => {
  const rows = list(value, path, MOST_ROWS)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    if (!Array.isArray(row) || row.length !== ROW_LENGTH)
      throw fault(`${path}[${i}]`, `a list of ${ROW_LENGTH} numbers`)
    for (let j = 0; j < ROW_LENGTH; j++) {
      const cell: unknown = row[j]
      if (typeof cell !== 'number' || !Number.isSafeInteger(cell) || cell < 0) {
        throw fault(`${path}[${i}][${j}]`, `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`)
      }
    }
  }
  return rows.length
}

const READING = ['cpuUs', 'memoryUsedMib', 'load1Centi', 'rxBytes', 'txBytes', 'pressure']
const PRESSURE = ['cpuCenti', 'memoryCenti', 'ioCenti']
const FILE_SYSTEM = ['mount', 'usedMib', 'totalMib']

const checkHostReading = (value: unknown, path: string): Fields => {
  const reading = object(value, path)
  whole(reading['cpuUs'], `${path}.cpuUs`)
  whole(reading['memoryUsedMib'], `${path}.memoryUsedMib`, MOST_INT4)
  whole(reading['load1Centi'], `${path}.load1Centi`, MOST_INT4)
  whole(reading['rxBytes'], `${path}.rxBytes`)
  whole(reading['txBytes'], `${path}.txBytes`)
  const fileSystems = list(reading['fileSystems'], `${path}.fileSystems`, 200).map((entry, i) => {
    const at = `${path}.fileSystems[${i}]`
    const fileSystem = object(entry, at)
    text(fileSystem['mount'], `${at}.mount`, 4096)
    whole(fileSystem['usedMib'], `${at}.usedMib`)
    whole(fileSystem['totalMib'], `${at}.totalMib`)
    return only(fileSystem, FILE_SYSTEM)
  })
  const kept: Fields = { ...only(reading, READING), fileSystems }
  optional(reading['pressure'], (given) => {
    const pressure = object(given, `${path}.pressure`)
    for (const key of PRESSURE) whole(pressure[key], `${path}.pressure.${key}`, 10_000)
    kept['pressure'] = only(pressure, PRESSURE)
  })
  return kept
}

const checkMinutes = (value: unknown): Fields[] => {
  let rows = 0
  return list(value, 'minutes', 2_000).map((entry, i) => {
    const path = `minutes[${i}]`
    const block = object(entry, path)
    whole(block['edgeMonoMs'], `${path}.edgeMonoMs`)
    const host = block['host'] === undefined ? {} : { host: checkHostReading(block['host'], `${path}.host`) }
    rows += checkRows(block['rows'], `${path}.rows`)
    if (rows > MOST_ROWS) throw fault(path, `part of at most ${MOST_ROWS} rows a report`)
    return { ...only(block, ['edgeMonoMs', 'rows']), ...host }
  })
}

const DECLARATION =
  'kind bootId objectId startedAt segment epoch openedMonoMs witnessed containerId name image imageId labels limits'.split(
    ' ',
  )
const LIMITS = ['memoryMib', 'cpuMilli', 'pids']

const checkDeclaration = (value: unknown, path: string): Fields => {
  const d = object(value, path)
  oneOf(d['kind'], `${path}.kind`, ['container', 'layer', 'volume', 'log'])
  const identity = {
    kind: d['kind'] as 'container',
    bootId: text(d['bootId'], `${path}.bootId`, 64),
    objectId: text(d['objectId'], `${path}.objectId`),
    startedAt: text(d['startedAt'], `${path}.startedAt`, 64),
    segment: whole(d['segment'], `${path}.segment`),
  }
  if (whole(d['epoch'], `${path}.epoch`) !== epochId(identity)) throw fault(`${path}.epoch`, 'the id of its identity')
  whole(d['openedMonoMs'], `${path}.openedMonoMs`)
  bool(d['witnessed'], `${path}.witnessed`)
  optional(d['containerId'], (v) => text(v, `${path}.containerId`))
  text(d['name'], `${path}.name`)
  text(d['image'], `${path}.image`, 1024)
  optional(d['imageId'], (v) => text(v, `${path}.imageId`))
  const labels = Object.entries(object(d['labels'], `${path}.labels`))
  if (labels.length > 256) throw fault(`${path}.labels`, 'at most 256 labels')
  for (const [key, label] of labels) {
    text(key, `${path}.labels`)
    text(label, `${path}.labels.${key}`, 8192)
  }
  const kept = only(d, DECLARATION)
  optional(d['limits'], (given) => {
    const limits = object(given, `${path}.limits`)
    for (const key of LIMITS) optional(limits[key], (v) => whole(v, `${path}.limits.${key}`))
    kept['limits'] = only(limits, LIMITS)
  })
  return kept
}

const COUNTS = ['pids', 'oomKills', 'restarts', 'cpuPressureCenti', 'memoryPressureCenti', 'exitCode']

const checkEvent = (value: unknown, path: string): Fields => {
  const event = object(value, path)
  whole(event['epoch'], `${path}.epoch`)
  whole(event['monoMs'], `${path}.monoMs`)
  oneOf(event['kind'], `${path}.kind`, ['start', 'die', 'oom', 'restart', 'state', 'gap'])
  const kept = only(event, ['epoch', 'monoMs', 'kind'])
  optional(event['state'], (given) => {
    const state = object(given, `${path}.state`)
    optional(state['running'], (v) => bool(v, `${path}.state.running`))
    for (const key of COUNTS) optional(state[key], (v) => whole(v, `${path}.state.${key}`))
    kept['state'] = only(state, ['running', ...COUNTS])
  })
  return kept
}

const FACTS =
  'hostname kernel architecture cores memoryTotalMib cgroupVersion engine engineVersion projectQuotas'.split(' ')

const checkFacts = (value: unknown): Fields => {
  const facts = object(value, 'facts')
  for (const key of ['hostname', 'kernel', 'architecture']) text(facts[key], `facts.${key}`)
  whole(facts['cores'], 'facts.cores', 65_536)
  whole(facts['memoryTotalMib'], 'facts.memoryTotalMib', MOST_INT4)
  if (facts['cgroupVersion'] !== 1 && facts['cgroupVersion'] !== 2) throw fault('facts.cgroupVersion', '1 or 2')
  oneOf(facts['engine'], 'facts.engine', ['docker', 'podman', 'none'])
  optional(facts['engineVersion'], (v) => text(v, 'facts.engineVersion'))
  bool(facts['projectQuotas'], 'facts.projectQuotas')
  return only(facts, FACTS)
}

const checkObject = (value: unknown, path: string): Fields => {
  const size = object(value, path)
  for (const key of ['epoch', 'bytes', 'monoMs']) whole(size[key], `${path}.${key}`)
  return only(size, ['epoch', 'bytes', 'monoMs'])
}

/**
 * Holds a parsed body to the shape of a report; members it does not know are left out.
 * @throws DomainError BAD_REQUEST with the path of the first fault.
 */
export const checkReport = (value: unknown): Report => {
  const report = object(value, 'report')
  if (report['v'] !== PROTOCOL_VERSION) throw fault('v', String(PROTOCOL_VERSION))
  text(report['agent'], 'agent', 64)
  text(report['bootId'], 'bootId', 64)
  whole(report['seq'], 'seq')
  const clock = object(report['clock'], 'clock')
  for (const key of ['wallMs', 'monoMs', 'anchorMs']) whole(clock[key], `clock.${key}`)
  bool(report['complete'], 'complete')
  list(report['failures'], 'failures', 100).forEach((v, i) => text(v, `failures[${i}]`))
  // Checked member by member here and above.
  return {
    ...only(report, ['v', 'agent', 'bootId', 'seq', 'clock', 'complete', 'failures']),
    ...(report['facts'] === undefined ? {} : { facts: checkFacts(report['facts']) }),
    epochs: list(report['epochs'], 'epochs', 20_000).map((v, i) => checkDeclaration(v, `epochs[${i}]`)),
    minutes: checkMinutes(report['minutes']),
    objects: list(report['objects'], 'objects', MOST_ROWS).map((v, i) => checkObject(v, `objects[${i}]`)),
    events: list(report['events'], 'events', MOST_ROWS).map((v, i) => checkEvent(v, `events[${i}]`)),
  } as unknown as Report
}

/**
 * A report from the bytes of a request, unpacked as `encoding` says.
 * @throws DomainError TOO_LARGE where it unpacks to over 16 MB, BAD_REQUEST with the path of the first fault.
 */
export const decodeReport = (body: Uint8Array, encoding: string | undefined): Report => {
  let plain = body
  if (encoding === 'gzip') {
    try {
      plain = gunzipSync(body, { maxOutputLength: MOST_UNPACKED_BYTES })
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
        throw new DomainError('TOO_LARGE', `the body unpacks to over ${MOST_UNPACKED_BYTES} bytes; send less at once`)
      }
      throw new DomainError('BAD_REQUEST', 'the body is not gzip', { path: 'report', cause: error })
    }
  } else if (encoding !== undefined && encoding !== 'identity') {
    throw new DomainError('BAD_REQUEST', 'content-encoding should be gzip or absent')
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength).toString('utf8'))
  } catch (error) {
    throw new DomainError('BAD_REQUEST', 'the body is not JSON', { path: 'report', cause: error })
  }
  return checkReport(parsed)
}
