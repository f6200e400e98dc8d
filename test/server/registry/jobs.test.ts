import { expect, test } from 'vitest'
import { JOBS } from '#server/jobs.ts'
import { jobsOf } from '#server/worker.ts'

type Roles = Parameters<typeof jobsOf>[0]['WHARF_ROLES']
const ALL = Object.keys(JOBS).toSorted()
const of = (WHARF_ROLES: Roles, REGISTRY_URL?: string) => jobsOf({ WHARF_ROLES, REGISTRY_URL }).toSorted()

test('every job is done by exactly one of web and worker, wherever the registry is', () => {
  expect(of(['web', 'ingest', 'worker'])).toEqual(ALL)
  for (const elsewhere of [undefined, 'http://registry.internal:5000']) {
    expect([...of(['web'], elsewhere), ...of(['worker'], elsewhere)].toSorted()).toEqual(ALL)
    expect(of(['ingest'], elsewhere)).toEqual([])
  }
})

test("a registry elsewhere is every worker's, and one that is started here its own process's", () => {
  expect(of(['worker'], 'http://registry.internal:5000')).toEqual(ALL)
  expect(of(['web'])).toEqual([
    'registry.forget_path',
    'registry.move',
    'registry.purge',
    'registry.reconcile',
    'registry.tidy',
  ])
})
