import { EngineError, type Engine } from './engine.ts'
import type { Executed } from './execute.ts'
import { reason } from './log.ts'

type Json = Record<string, unknown>
const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const MOST_BYTES = 64 * 1024

/** What would make a container again: its name and the body of the engine's `POST /containers/create`. */
export type CreateConfig = { name: string; body: Json }

/** Its networks as it joined them; addresses and ids were the engine's to give. */
const networkingOf = (networks: unknown): Json => ({
  EndpointsConfig: Object.fromEntries(
    Object.entries(object(networks)).map(([name, of]) => {
      const { IPAMConfig, Links, Aliases, DriverOpts } = object(of)
      return [name, { IPAMConfig, Links, Aliases, DriverOpts }]
    }),
  ),
})

/**
 * What would make the inspected container again, with the volumes it has now: those without a name of their own would
 * otherwise be new ones.
 */
export const createConfigOf = (inspected: unknown): CreateConfig => {
  const of = object(inspected)
  const config = object(of['Config'])
  const hostConfig = object(of['HostConfig'])
  const binds = Array.isArray(hostConfig['Binds']) ? hostConfig['Binds'].map(String) : []
  const mounts = Array.isArray(of['Mounts']) ? of['Mounts'].map(object) : []
  const kept = mounts
    .filter((mount) => mount['Type'] === 'volume' && text(mount['Name']) !== '')
    .filter((mount) => !binds.some((bind) => bind.split(':')[1] === mount['Destination']))
    .map((mount) => `${text(mount['Name'])}:${text(mount['Destination'])}${mount['RW'] === false ? ':ro' : ''}`)
  const { Hostname, ...rest } = config
  return {
    name: text(of['Name']).replace(/^\//, ''),
    body: {
      ...rest,
      ...(text(of['Id']).startsWith(text(Hostname) || '-') ? {} : { Hostname }),
      HostConfig: { ...hostConfig, Mounts: null, Binds: [...binds, ...kept] },
      NetworkingConfig: networkingOf(object(of['NetworkSettings'])['Networks']),
    },
  }
}

/** As text for the control plane to keep; undefined where it is too large to be kept. */
export const createConfigText = (inspected: unknown): string | undefined => {
  const config = JSON.stringify(createConfigOf(inspected))
  return Buffer.byteLength(config) > MOST_BYTES ? undefined : config
}

/** Makes and starts a container that was deleted; one of that name that is there already is left as it is. Never throws. */
export const recreate = async (engine: Engine, config: string | undefined): Promise<Executed> => {
  if (config === undefined) return { outcome: 'refused', detail: 'it does not say how the container was made' }
  try {
    const { name, body } = JSON.parse(config) as CreateConfig
    const made = object(await engine.call('POST', `/containers/create?name=${encodeURIComponent(name)}`, body, 60_000))
    const id = text(made['Id'])
    await engine.call('POST', `/containers/${id}/start`, undefined, 60_000)
    return { outcome: 'done', detail: 'made again and started', evidence: { containerId: id } }
  } catch (error) {
    if (error instanceof EngineError && error.status === 409) {
      return { outcome: 'done', detail: 'a container of that name is there already' }
    }
    return { outcome: 'failed', detail: reason(error).slice(0, 500) }
  }
}
