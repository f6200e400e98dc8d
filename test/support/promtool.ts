import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { canInstall, keptFolder, program, unpackPackage } from './parts.ts'

/** The path of Prometheus' rule checker, or null where there is none. */
export const promtool = (): string | null => {
  const unpacked = join(keptFolder, 'prometheus', 'usr', 'bin', 'promtool')
  return program('promtool') ?? (existsSync(unpacked) ? unpacked : null)
}

/** Makes `promtool()` give a path, from Debian's package where this machine has none. Throws where it cannot. */
export const preparePromtool = async (): Promise<string> => {
  if (promtool()) return 'installed already'
  if (!canInstall()) throw new Error('promtool is not installed, and only root on Debian can fetch it')
  await unpackPackage('prometheus')
  return 'from the Debian package prometheus'
}
