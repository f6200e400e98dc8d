import * as http from 'node:http'
import * as https from 'node:https'

export type HttpRequest = {
  method: string
  url: URL
  headers: Record<string, string>
  body?: Uint8Array
  /** Over all, from connecting to the last byte. */
  timeoutMs: number
}
export type HttpAnswer = { status: number; headers: http.IncomingHttpHeaders; body: Buffer }

/** Sends one request. Rejects on a network error, after `timeoutMs`, or where the answer is over 4 MB. */
export type Transport = (request: HttpRequest) => Promise<HttpAnswer>

const MOST_BYTES = 4 * 2 ** 20

/** Reads a whole answer; rejects beyond `mostBytes`. */
export const collect = (message: http.IncomingMessage, mostBytes = MOST_BYTES): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > mostBytes) message.destroy(new Error(`the answer is over ${mostBytes} bytes`))
      else chunks.push(chunk)
    })
    message.on('end', () => resolve(Buffer.concat(chunks)))
    message.on('error', reject)
    message.on('close', () => reject(new Error('the connection closed within the answer')))
  })

/** A transport that keeps a few connections open. */
export const createTransport = (): { send: Transport; close(): void } => {
  const agents = {
    'http:': new http.Agent({ keepAlive: true, maxSockets: 8 }),
    'https:': new https.Agent({ keepAlive: true, maxSockets: 8 }),
  }
  const send: Transport = ({ method, url, headers, body, timeoutMs }) =>
    new Promise((resolve, reject) => {
      const secure = url.protocol === 'https:'
      const options = { method, headers, agent: agents[secure ? 'https:' : 'http:'] }
      const request = (secure ? https : http).request(url, options, (message) => {
        collect(message)
          .then((answer) => resolve({ status: message.statusCode ?? 0, headers: message.headers, body: answer }))
          .catch(reject)
          .finally(() => clearTimeout(timer))
      })
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
      request.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      request.end(body)
    })
  return {
    send,
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}
