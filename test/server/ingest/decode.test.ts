import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Report } from '#agents/protocol.ts'
import { DomainError } from '#server/errors.ts'
import { checkReport, decodeReport } from '#server/usage/decode.ts'
import { container, edgeAgo, report, row } from './plane.ts'

const web = container('web')
const full: Report = report(1, {
  facts: {
    hostname: 'a',
    kernel: '6',
    architecture: 'x64',
    cores: 4,
    memoryTotalMib: 1,
    cgroupVersion: 2,
    engine: 'docker',
    engineVersion: '29',
    projectQuotas: true,
  },
  epochs: [
    { ...web, containerId: 'c', imageId: 'i', labels: { a: 'b' }, limits: { memoryMib: 1, cpuMilli: 2, pids: 3 } },
  ],
  minutes: [
    {
      edgeMonoMs: edgeAgo(2),
      host: {
        cpuUs: 1,
        memoryUsedMib: 2,
        load1Centi: 3,
        rxBytes: 4,
        txBytes: 5,
        fileSystems: [{ mount: '/', usedMib: 6, totalMib: 7 }],
        pressure: { cpuCenti: 1, memoryCenti: 2, ioCenti: 3 },
      },
      rows: [row(web.epoch, 1)],
    },
  ],
  objects: [{ epoch: 1, bytes: 2, monoMs: 3 }],
  events: [{ epoch: 1, monoMs: 2, kind: 'state', state: { running: true, pids: 3 } }],
})

/** Calls, and gives the coded error where it threw one; anything else that is thrown fails the test. */
const verdict = (act: () => unknown): DomainError | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}

test('a whole report comes back as it was sent', () => {
  expect(decodeReport(gzipSync(JSON.stringify(full)), 'gzip')).toEqual(full)
  expect(decodeReport(Buffer.from(JSON.stringify(full)), undefined)).toEqual(full)
})

test('no bytes at all make it throw anything but a coded refusal', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom('gzip', undefined, 'identity', 'br'),
      (bytes, encoding) => {
        expect(verdict(() => decodeReport(bytes, encoding))?.code).toBe('BAD_REQUEST')
        const packed = verdict(() => decodeReport(gzipSync(bytes), 'gzip'))
        expect(packed?.code).toBe('BAD_REQUEST')
      },
    ),
  )
})

test('no JSON at all makes it throw anything but a coded refusal', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      expect(verdict(() => checkReport(value))?.code).toBe('BAD_REQUEST')
    }),
  )
})

type Path = (string | number)[]
const pathsOf = (value: unknown, at: Path = []): Path[] => {
  if (typeof value !== 'object' || value === null) return [at]
  return [at, ...Object.entries(value).flatMap(([k, v]) => pathsOf(v, [...at, Array.isArray(value) ? Number(k) : k]))]
}
const replaced = (value: unknown, [key, ...rest]: Path, by: unknown): unknown => {
  if (key === undefined) return by
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>
  copy[key as string] = replaced(copy[key as string], rest, by)
  return copy
}
const spelled = (path: Path) =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${part}` : part),
    '',
  )

test('any one member replaced by anything is taken, or refused with a path at, above or below it', () => {
  const paths = pathsOf(full).filter((path) => path.length > 0)
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 }), (path, by) => {
      const refusal = verdict(() => checkReport(replaced(full, path, by)))
      if (!refusal) return
      expect(refusal.code).toBe('BAD_REQUEST')
      const named = refusal.path ?? ''
      const at = spelled(path)
      // An epoch's id is of its identity: a fault in one shows at the other.
      expect(named.startsWith(at) || at.startsWith(named) || named === 'epochs[0].epoch').toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

test('any one member left out is taken only where the protocol makes it optional', () => {
  const optional =
    /^(facts|facts\.engineVersion|epochs\[0\]\.(containerId|imageId|limits(\..*)?|labels\..*)|minutes\[0\]\.host(\.pressure)?|events\[0\]\.state(\..*)?)$|\[\d+\]$/
  for (const path of pathsOf(full).filter((p) => p.length > 0 && typeof p.at(-1) === 'string')) {
    const refusal = verdict(() => checkReport(replaced(full, path, undefined)))
    const at = spelled(path)
    // A label or key that is not there is no label; JSON has no undefined.
    if (/labels\./.test(at)) continue
    expect([at, refusal === undefined]).toEqual([at, optional.test(at)])
  }
})
