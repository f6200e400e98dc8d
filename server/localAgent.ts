import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { keepRunning, type Child } from './child.ts'
import type { Context } from './context.ts'
import { ensureLocalCluster } from './hosts/cluster.ts'
import { createJoinToken } from './hosts/joinToken.ts'

const SOCKETS = ['/var/run/docker.sock', '/run/podman/podman.sock']
const ENTRY = join(import.meta.dirname, '../agents/host/main.ts')
const BUNDLE = join(import.meta.dirname, '../dist/agent.mjs')
/** Without stripping types and without just-in-time compilers an agent takes 45 MB less, and no more time. */
const LIGHT = ['--lite-mode', '--max-semi-space-size=1']
const ENROL_WITHIN_MS = 20_000

/** The container engine's socket on this host, if there is one: DOCKER_HOST, else the usual places. */
const engineSocket = (): string | undefined => {
  const host = process.env['DOCKER_HOST']
  if (host?.startsWith('unix://')) return existsSync(host.slice(7)) ? host.slice(7) : undefined
  return SOCKETS.find((path) => existsSync(path))
}

const enrol = async (ctx: Context, url: string, state: string) => {
  const clusterId = await ensureLocalCluster(ctx)
  const { token } = await createJoinToken(ctx, { clusterId, maxUses: 1, expiresInHours: 1 })
  const args = [ENTRY, 'enrol', '--url', url, '--token', token, '--state', state]
  await promisify(execFile)(process.execPath, args, { timeout: ENROL_WITHIN_MS })
}

/** Runs an agent for this host where there is a container engine's socket; enrols it the first time. */
export const startLocalAgent = async (ctx: Context, url: string): Promise<(Child & { engine: string }) | undefined> => {
  const engine = engineSocket()
  if (!engine) return undefined
  const state = join(ctx.env.dataDir, 'agent')
  if (!existsSync(join(state, 'identity.json'))) await enrol(ctx, url, state)
  const entry = existsSync(BUNDLE) && !ctx.env.WHARF_DEV ? [...LIGHT, BUNDLE] : [ENTRY]
  return { ...keepRunning('agent', [...entry, 'run', '--state', state, '--url', url]), engine }
}
