import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const syncDirectory = (path: string) => {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/**
 * Writes a whole file so that after any crash it is either as before or as now, and on disk when this returns.
 * Throws the system's error (ENOSPC and the like), the old file then untouched.
 */
export const writeDurably = (path: string, bytes: Uint8Array, mode = 0o600) => {
  const temporary = `${path}.tmp`
  const fd = openSync(temporary, 'w', mode)
  try {
    let written = 0
    while (written < bytes.length) written += writeSync(fd, bytes, written)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(temporary, path)
  syncDirectory(dirname(path))
}
