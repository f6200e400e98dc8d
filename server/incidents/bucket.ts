import { createHash } from 'node:crypto'
import { AwsV4Signer } from 'aws4fetch'

/** An S3-compatible object store: AWS, R2, B2, MinIO, Ceph. Objects are at ENDPOINT/BUCKET/PREFIX/PATH. */
export type Bucket = {
  endpoint: string
  region: string
  bucket: string
  prefix: string
  accessKey: string
  secretKey: string
}

const TIMEOUT_MS = 10_000
const MOST_SAID = 2_000

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

const urlOf = ({ endpoint, bucket, prefix }: Bucket, path: string): string => {
  const parts = [bucket, ...prefix.split('/'), ...path.split('/')].filter(Boolean).map(encodeURIComponent)
  return `${endpoint.replace(/\/+$/, '')}/${parts.join('/')}`
}

/**
 * One signed request (AWS Signature Version 4, the body's digest signed too). @throws Error in words: what the store said,
 * or that it does not answer
 */
const ask = async (
  bucket: Bucket,
  method: 'PUT' | 'DELETE',
  path: string,
  now: Date,
  { body = '', headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): Promise<void> => {
  const url = urlOf(bucket, path)
  const signed = await new AwsV4Signer({
    method,
    url,
    headers: { ...headers, 'x-amz-content-sha256': digestOf(body) },
    accessKeyId: bucket.accessKey,
    secretAccessKey: bucket.secretKey,
    service: 's3',
    region: bucket.region,
    datetime: now.toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
  }).sign()
  const answer = await fetch(signed.url, {
    method,
    headers: signed.headers,
    ...(method === 'PUT' ? { body } : {}),
    // Signed for this address; elsewhere it would be refused, or sent to somebody else.
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Error(`${new URL(url).host} does not answer (${reasonOf(error)})`)
  })
  const said = (await answer.text().catch(() => '')).slice(0, MOST_SAID)
  if (answer.ok || (method === 'DELETE' && answer.status === 404)) return
  throw new Error(`${new URL(url).host} refused ${path}: ${answer.status}${saidOf(said)}`)
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  if (error.name === 'TimeoutError') return `within ${TIMEOUT_MS / 1_000} s`
  const { cause } = error as { cause?: { code?: string; message?: string } }
  return cause?.code ?? cause?.message ?? error.message
}

/** The code and message of an S3 error document. */
const saidOf = (xml: string): string => {
  const part = (name: string) => new RegExp(`<${name}>([^<]{1,300})</${name}>`).exec(xml)?.[1]
  const words = [part('Code'), part('Message')].filter((word) => word !== undefined)
  return words.length > 0 ? ` ${words.join(': ')}` : ''
}

/** Puts one object in the place of the one before; who reads sees all of one or all of the other. @throws Error */
export const putObject = (
  bucket: Bucket,
  path: string,
  body: string,
  headers: Record<string, string>,
  now: Date,
): Promise<void> => ask(bucket, 'PUT', path, now, { body, headers })

/** Takes an object away; one that is not there is gone already. @throws Error */
export const deleteObject = (bucket: Bucket, path: string, now: Date): Promise<void> => ask(bucket, 'DELETE', path, now)
