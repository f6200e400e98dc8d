import { z } from 'zod'
import { DomainError } from '../errors.ts'

const publicKey = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'an Ed25519 public key: 32 bytes in base64')
const signature = z.string().regex(/^[A-Za-z0-9+/]{86}==$/, 'an Ed25519 signature: 64 bytes in base64')

/** `EnrolRequest` of the protocol. */
export const enrolBody = z.object({
  token: z.string().min(8).max(200),
  publicKey,
  hostname: z.string().min(1).max(253),
  agent: z.string().min(1).max(64),
  proof: signature,
})

/** `RotateRequest` of the protocol. */
export const rotateBody = z.object({ publicKey, proof: signature })

/** `CommandResult`s of the protocol. */
export const resultsBody = z.object({
  results: z
    .array(
      z.object({
        id: z.number().int().positive(),
        outcome: z.enum(['done', 'failed', 'refused', 'expired']),
        detail: z.string().max(2_000),
        // Of texts only what a container was made from may be long.
        evidence: z
          .record(z.string().max(100), z.union([z.string().max(65_536), z.number(), z.boolean()]))
          .refine(
            (facts) =>
              Object.entries(facts).every(([name, fact]) => name === 'createConfig' || String(fact).length <= 2_000),
            'a text of at most 2000 characters',
          )
          .optional(),
      }),
    )
    .max(200),
})

const pathOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    return text ? `${text}.${String(part)}` : String(part)
  }, '')

/** Reads a JSON body of that shape. @throws DomainError BAD_REQUEST with the path of the first fault. */
export const parseBody = <T>(schema: z.ZodType<T>, body: Buffer): T => {
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw new DomainError('BAD_REQUEST', 'the body is not JSON', { cause: error })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [fault] = parsed.error.issues
  const path = pathOf(fault?.path ?? [])
  throw new DomainError('BAD_REQUEST', `${path || 'the body'}: ${fault?.message ?? 'not of its shape'}`, { path })
}
