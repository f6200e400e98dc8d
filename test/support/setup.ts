import { holdTestPostgres } from './postgres.ts'

/** Before a run's first test: PostgreSQL. After its last: PostgreSQL stops, unless another run uses it too. */
export default async function setup(): Promise<() => Promise<void>> {
  return holdTestPostgres()
}
