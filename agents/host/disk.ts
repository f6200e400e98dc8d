import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from './durable.ts'

/** Where an agent keeps what it must not forget. Everything throws the system's error where it cannot. */
export type Disk = {
  /** Makes a folder, and those above it. */
  makeFolder: (path: string) => void
  /** Files right in a folder, by name. */
  list: (folder: string) => { name: string; bytes: number }[]
  read: (path: string) => Buffer
  /** The whole file is as before or as now, and on disk when this returns. */
  write: (path: string, bytes: Uint8Array) => void
  rename: (from: string, to: string) => void
  /** Removes a file; there may be none. */
  remove: (path: string) => void
}

/** The host's own files. */
export const fileDisk: Disk = {
  makeFolder: (path) => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  list: (folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => ({ name, bytes: statSync(join(folder, name)).size }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  read: (path) => readFileSync(path),
  write: (path, bytes) => writeDurably(path, bytes),
  rename: (from, to) => renameSync(from, to),
  remove: (path) => rmSync(path, { force: true }),
}
