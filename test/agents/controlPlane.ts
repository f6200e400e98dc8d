import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { createApi } from '#agents/host/api.ts'
import { createTransport } from '#agents/host/http.ts'
import { createTime } from '#agents/host/time.ts'
import { HEADERS, requestText, sha256Hex, verifyText } from '#agents/protocol.ts'

export type Seen = { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer; signed: boolean }
export type Reply = { status: number; json?: unknown; headers?: Record<string, string> } | 'hang up'

/**
 * An HTTP server that answers as a test says and checks signatures, with the agent's own client for it. `wallMs` is the
 * agent's wall clock.
 */
export const controlPlane = async (reply: (seen: Seen) => Reply, wallMs: () => number = Date.now) => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const seen: Seen[] = []
  const signedBy = (method: string, path: string, headers: IncomingHttpHeaders, body: Buffer) => {
    const header = (name: string) => String(headers[name])
    const id = {
      hostId: Number(header(HEADERS.hostId)),
      keyId: Number(header(HEADERS.keyId)),
      seq: Number(header(HEADERS.seq)),
      timeMs: Number(header(HEADERS.timeMs)),
      bootId: header(HEADERS.bootId),
      monoMs: Number(header(HEADERS.monoMs)),
      digest: sha256Hex(body),
    }
    return verifyText(publicKey, requestText(method, path, id), header(HEADERS.signature))
  }
  const server = createServer((request, response: ServerResponse) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const body = Buffer.concat(chunks)
      const one = { method, path: url, headers, body, signed: signedBy(method, url, headers, body) }
      seen.push(one)
      const answer = reply(one)
      if (answer === 'hang up') {
        request.socket.destroy()
        return
      }
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      response.end(JSON.stringify(answer.json ?? {}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const transport = createTransport()
  onTestFinished(() => {
    transport.close()
    server.closeAllConnections()
    server.close()
  })
  const time = createTime(() => Math.floor(performance.now()), wallMs)
  const api = createApi(url, { hostId: 7, keyId: 3, key: privateKey }, time, 'boot-1', transport.send)
  return { url, seen, api, time }
}
