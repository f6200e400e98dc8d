import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Stored = { body: string; type: string | undefined; cache: string | undefined }
type Keys = { accessKey: string; secretKey: string; region: string; bucket: string }

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

type Asked = { method: string; path: string; headers: IncomingMessage['headers']; text: string }
type Said = { status: number; text?: string }

/** The error document of docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html. */
export const refused = (status: number, code: string): Said => ({
  status,
  text: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>as documented</Message></Error>`,
})

/** Signature Version 4 reckoned anew from the request, as docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html has it. */
const faultOf = ({ method, path, headers, text }: Asked, keys: Keys): string | undefined => {
  const header = (name: string) => String(headers[name] ?? '')
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      header('authorization'),
    )
  if (!found) return 'AccessDenied'
  const [, accessKey, day = '', region = '', names = '', signature] = found
  if (accessKey !== keys.accessKey) return 'InvalidAccessKeyId'
  if (region !== keys.region) return 'AuthorizationHeaderMalformed'
  const signed = names.split(';')
  if (!signed.includes('host') || !signed.includes('x-amz-content-sha256')) return 'AccessDenied'
  const date = header('x-amz-date')
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!date.startsWith(day) || !(Math.abs(Date.now() - at) < 900_000)) return 'RequestTimeTooSkewed'
  if (header('x-amz-content-sha256') !== sha256(text)) return 'XAmzContentSHA256Mismatch'
  const canonical = [
    method,
    path,
    '',
    ...signed.map((name) => `${name}:${header(name).trim()}`),
    '',
    names,
    header('x-amz-content-sha256'),
  ].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const key = [region, 's3', 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${keys.secretKey}`, day))
  const expected = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex')
  return expected === signature ? undefined : 'SignatureDoesNotMatch'
}

/** An S3-compatible store with one bucket: PUT and DELETE of an object, every signature checked, path style only. */
export const startS3 = async () => {
  const keys: Keys = { accessKey: 'AKIATEST', secretKey: 'secret/of+the=test', region: 'eu-test-1', bucket: 'status' }
  const objects = new Map<string, Stored>()
  /** What was done, in order. */
  const order: string[] = []
  /** What goes wrong, by the place of the request in order; each once. */
  const faults = new Map<number, Said>()
  let asked = 0
  const handle = (of: Asked): Said => {
    const fault = faults.get((asked += 1))
    if (fault) return fault
    const wrong = faultOf(of, keys)
    if (wrong) return refused(403, wrong)
    const [, bucket, ...rest] = decodeURIComponent(of.path).split('/')
    if (bucket !== keys.bucket) return refused(404, 'NoSuchBucket')
    const path = rest.join('/')
    order.push(`${of.method} ${path}`)
    if (of.method === 'DELETE') {
      objects.delete(path)
      return { status: 204 }
    }
    objects.set(path, { body: of.text, type: of.headers['content-type'], cache: of.headers['cache-control'] })
    return { status: 200 }
  }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8')
      const path = new URL(request.url!, 'http://x').pathname
      const said = handle({ method: request.method!, path, headers: request.headers, text })
      response.writeHead(said.status, { 'content-type': 'application/xml' })
      response.end(said.text)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const restart = () => {
    asked = 0
    order.length = 0
    faults.clear()
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    objects,
    order,
    faults,
    restart,
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((done) => server.close(() => done()))
    },
  }
}
