import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from '#db/client.ts'

/** A token of the token service for somebody. Throws where it gives none. */
export const askToken = async (
  url: string,
  scope: string,
  { name, password }: { name: string; password: string },
): Promise<string> => {
  const query = new URLSearchParams({ service: 'wharfinger', scope })
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  const answer = await fetch(`${url}/v1/registry/token?${query}`, { headers: { authorization } })
  if (!answer.ok) throw new Error(`no token: ${answer.status} ${await answer.text()}`)
  const said = (await answer.json()) as { token: string; scope: string }
  if (!said.scope) throw new Error(`the token gives nothing of ${scope}`)
  return said.token
}

/** Uploads a blob in one piece. */
export const uploadBlob = async (url: string, path: string, token: string, blob: Uint8Array, digest: string) => {
  const begun = await fetch(`${url}/v2/${path}/blobs/uploads/`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  const location = new URL(begun.headers.get('location') ?? '', url)
  location.searchParams.set('digest', digest)
  const status = await new Promise<number>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-length': blob.length,
      'content-type': 'application/octet-stream',
    }
    const ask = request(location, { method: 'PUT', headers }, (res) => {
      res.resume()
      res.on('end', () => resolve(res.statusCode ?? 0))
    })
    ask.on('error', reject)
    ask.end(blob)
  })
  if (status !== 201) throw new Error(`the blob was not taken: ${status}`)
}

/** Lifts the limits of the first operator's plan once the account has been put on it. */
export const liftLimits = async (sql: Pool): Promise<void> => {
  for (let tries = 0; tries < 100; tries++) {
    const lifted = await sql`update entitlement set value = null
      where key in ('private_repositories', 'storage_mib', 'pulls_a_day')`
    if (lifted.count > 0) return
    await sleep(200)
  }
  throw new Error('the first operator was not put on a plan')
}
