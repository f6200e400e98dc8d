import { connect as connectSocket } from 'node:net'
import postgres from 'postgres'

type Types = { bigint: bigint }

/** Runs queries: the pool itself or one transaction of it. What verbs and `sql.ts` files take. */
export type Sql = postgres.ISql<Types>
/** The pool: can also `begin` a transaction, `listen` and `end`. */
export type Pool = postgres.Sql<Types>
/** An open transaction; functions that must share one with their caller ask for this. */
export type Tx = postgres.TransactionSql<Types>

/**
 * Connects to PostgreSQL. Columns arrive camelCase, int8 as bigint, timestamptz as Date.
 * A statement may take 30 s and a lock 10 s unless the caller sets another limit.
 */
export const connect = (
  url: string,
  options: { max?: number; name?: string; statementTimeoutMs?: number } = {},
): Pool => {
  const { hostname, port } = new URL(url)
  return postgres<{ bigint: postgres.PostgresType<bigint> }>(url, {
    max: options.max ?? 10,
    connect_timeout: 5,
    idle_timeout: 300,
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 1),
    // Columns only: the keys of JSON values (container labels) must stay as they are.
    transform: { column: { from: postgres.toCamel, to: postgres.fromCamel }, undefined: null },
    types: { bigint: postgres.BigInt },
    onnotice: () => {},
    // The client sets no TCP_NODELAY itself, so each COPY would wait about 40 ms for a delayed ACK. It takes the socket
    // unconnected: a promise that rejects would lose the connection's place in the pool for good.
    ...{
      socket: () =>
        connectSocket({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 5432), noDelay: true }),
    },
    connection: {
      application_name: options.name ?? 'wharfinger',
      statement_timeout: options.statementTimeoutMs ?? 30_000,
      lock_timeout: 10_000,
      idle_in_transaction_session_timeout: 60_000,
      TimeZone: 'UTC',
    },
  })
}
