import { TRPCError } from '@trpc/server'
import type { Context } from '../context.ts'
import { DomainError, type ErrorCode } from '../errors.ts'
import { createCallerFactory } from '../trpc.ts'
import { evidenceRouter } from './evidenceRouter.ts'

/** The files of an invoice: by which procedure each is made, which also decides who may have it. */
export const FILES = ['pdf', 'csv', 'evidence'] as const
export type FileKind = (typeof FILES)[number]

const callerOf = createCallerFactory(evidenceRouter)

const CODES: Partial<Record<TRPCError['code'], ErrorCode>> = {
  UNAUTHORIZED: 'UNAUTHENTICATED',
  FORBIDDEN: 'FORBIDDEN',
  NOT_FOUND: 'NOT_FOUND',
  BAD_REQUEST: 'BAD_REQUEST',
}

/** What a procedure refused, as a route says it. */
const asRoute = (error: unknown): unknown => {
  if (!(error instanceof TRPCError)) return error
  if (error.cause instanceof DomainError) return error.cause
  const code = CODES[error.code]
  return code ? new DomainError(code, error.message) : (error.cause ?? error)
}

const made = async (ctx: Context, account: string, number: string, kind: FileKind) => {
  const caller = callerOf(ctx)
  const input = { account, number }
  if (kind === 'pdf') {
    const { base64, ...file } = await caller.pdf(input)
    return { ...file, bytes: Buffer.from(base64, 'base64') }
  }
  const { text, ...file } = kind === 'csv' ? await caller.csv(input) : await caller.bundle(input)
  return { ...file, bytes: Buffer.from(text) }
}

export type Download = { fileName: string; contentType: string; bytes: Buffer }

/** One of an invoice's files, for whoever may have it. @throws DomainError as its procedure refuses */
export const download = async (ctx: Context, account: string, number: string, kind: FileKind): Promise<Download> => {
  try {
    return await made(ctx, account, number, kind)
  } catch (error) {
    throw asRoute(error)
  }
}
