import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { keepRunning, type Child } from './child.ts'
import type { Context } from './context.ts'

const SOCKETS = ['/var/run/docker.sock', '/run/podman/podman.sock']

/** The container engine's socket on this host, if there is one: DOCKER_HOST, else the usual places. */
const engineSocket = (): string | undefined => {
  const host = process.env['DOCKER_HOST']
  if (host?.startsWith('unix://')) return existsSync(host.slice(7)) ? host.slice(7) : undefined
  return SOCKETS.find((path) => existsSync(path))
}

/** Runs an agent for this host where there is a Docker or Podman socket; enrols it the first time. */
export const startLocalAgent = async (
  ctx: Context,
  port: number,
): Promise<(Child & { engine: string }) | undefined> => {
  const socket = engineSocket()
  if (!socket) return undefined
  const state = join(ctx.env.dataDir, 'agent')
  const entry = join(import.meta.dirname, '../agents/host/main.ts')
  const enrolled = existsSync(join(state, 'identity.json'))
  void port
  const child = keepRunning('agent', [entry, 'run', '--state', state, ...(enrolled ? [] : [])])
  return { ...child, engine: socket }
}
