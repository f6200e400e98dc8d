import type { Command, CommandResult } from '#agents/protocol.ts'
import type { Env } from '../env.ts'
import { seal, unseal } from '../seal.ts'

const PURPOSE = 'create-config'

type Evidence = NonNullable<CommandResult['evidence']>

/** Evidence with what a container was made from sealed: it may hold secrets, and is kept only to be given back. */
export const sealEvidence = ({ secret }: Pick<Env, 'secret'>, evidence: Evidence): Evidence => {
  const { createConfig } = evidence
  if (typeof createConfig !== 'string') return evidence
  return { ...evidence, createConfig: seal(secret, PURPOSE, Buffer.from(createConfig)).toString('base64') }
}

/** Evidence for the audit log, without it. */
export const openEvidence = (evidence: Evidence | undefined): Evidence | undefined => {
  if (evidence === undefined) return undefined
  const { createConfig, ...rest } = evidence
  return createConfig === undefined ? rest : { ...rest, createConfig: 'sealed' }
}

/** A command's arguments as the agent needs them. @throws where it was sealed with another WHARF_SECRET */
export const unsealArgs = ({ secret }: Pick<Env, 'secret'>, args: Command['args']): Command['args'] => {
  if (args.createConfig === undefined) return args
  return { ...args, createConfig: unseal(secret, PURPOSE, Buffer.from(args.createConfig, 'base64')).toString('utf8') }
}
