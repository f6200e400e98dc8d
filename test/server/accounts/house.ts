import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { makeAuth } from '#server/accounts/auth.ts'
import { insertUser } from '#server/accounts/createUser.ts'
import { systemContext, type Context } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { createCaller } from '#server/router.ts'
import { testDatabase } from '../../support/database.ts'

export type Person = Extract<Context['actor'], { kind: 'user' }>

/** A control plane's accounts on a database of the test file's own: sign-in as it runs, and contexts for verbs. */
export const house = async (variables: Record<string, string> = {}) => {
  const db = await testDatabase()
  const env = readEnv({
    NODE_ENV: 'test',
    WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-accounts-')),
    WHARF_PUBLIC_URL: 'http://localhost:3000',
    ...variables,
  })
  const auth = makeAuth({ env, databaseUrl: db.url })
  afterAll(() => auth.close())
  const { sql } = db

  let client = 0
  /** Sends a request to sign-in as the front door does; each call comes from another address unless `ip` is given. */
  const send = (path: string, body: unknown, headers: Record<string, string> = {}) => {
    client += 1
    return auth.handler(
      new Request(`${env.publicUrl}/api/auth${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          'content-type': 'application/json',
          origin: env.publicUrl,
          'x-wharf-ip': `192.0.${Math.floor(client / 250)}.${client % 250}`,
          'x-request-id': `request-${client}`,
          'user-agent': 'test browser',
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    )
  }
  const signIn = async (email: string, password: string) => cookiesOf(await send('/sign-in/email', { email, password }))
  const ctx = (actor?: Context['actor'], now = new Date()): Context => ({
    ...systemContext(sql, env, 'test', now),
    ...(actor ? { actor } : {}),
    ip: '203.0.113.7',
  })
  /** A user with a personal account, as an actor. */
  const person = async (email: string, password = 'a long enough one'): Promise<Person> => {
    const name = email.split('@')[0] ?? email
    const userId = await sql.begin((tx) => insertUser(tx, ctx(), { email, name, password }))
    return { kind: 'user', userId, email, name, sessionId: `session of ${name}`, roles: [] }
  }
  /** The procedures as that actor may call them. */
  const as = (actor: Context['actor'], now = new Date()) => createCaller(ctx(actor, now))
  const auditOf = (action: string) =>
    sql<
      {
        actorId: string
        actorLabel: string
        subjectId: string
        before: unknown
        after: unknown
        ip: string
        requestId: string
      }[]
    >`
      select actor_id, actor_label, subject_id, before, after, ip, request_id from audit_event where action = ${action} order by id`
  /** The texts of mails that jobs are to write. */
  const mails = async (to: string) => {
    const rows = await sql<{ payload: { to: string; text: string } }[]>`
      select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
      where t.identifier = 'notices.mail' and j.payload ->> 'to' = ${to} order by j.id`
    return rows.map((row) => row.payload.text)
  }
  return { db, sql, env, auth, send, signIn, ctx, person, as, auditOf, mails }
}

/** The cookies that an answer sets, as the next request sends them. */
export const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')

/** The secret in a mail's link. */
export const secretIn = (text: string | undefined): string => text?.match(/token=([\w-]+)/)?.[1] ?? ''
