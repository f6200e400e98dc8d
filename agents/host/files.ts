import { closeSync, openSync, readSync } from 'node:fs'

/** Where the kernel's files are; tests give recorded trees. */
export type Roots = { proc: string; cgroup: string }
export const ROOTS: Roots = { proc: '/proc', cgroup: '/sys/fs/cgroup' }

// One buffer for all: the numbers are taken out before the next read.
const buffer = Buffer.allocUnsafe(256 * 1024)

/** A kernel file kept open, so that a reading is one system call; null fd where it does not exist. */
export type KernelFile = { fd: number }

/** Undefined where there is no such file. */
export const openKernelFile = (path: string): KernelFile | undefined => {
  try {
    return { fd: openSync(path, 'r') }
  } catch {
    return undefined
  }
}

/** Its bytes from the beginning, good until the next call. Throws ENODEV or ESRCH where what it told of is gone. */
export const readKernelFile = (file: KernelFile): Buffer =>
  buffer.subarray(0, readSync(file.fd, buffer, 0, buffer.length, 0))

export const closeKernelFile = (file: KernelFile | undefined) => {
  if (file) closeSync(file.fd)
}

const NEWLINE = 10
const ZERO = 48

/** The decimal number at `from`, without its last `dropDigits` digits; null where there is none. */
export const numberAt = (bytes: Buffer, from: number, dropDigits = 0): number | null => {
  let end = from
  while (end < bytes.length && bytes[end]! >= ZERO && bytes[end]! <= ZERO + 9) end++
  if (end === from) return null
  let value = 0
  for (let at = from; at < end - dropDigits; at++) value = value * 10 + bytes[at]! - ZERO
  return value
}

/** The number after `key ` at the beginning of a line of a flat-keyed file; null where there is no such line. */
export const numberOf = (bytes: Buffer, key: string, dropDigits = 0): number | null => {
  const wanted = `${key} `
  let at = bytes.indexOf(wanted)
  while (at > 0 && bytes[at - 1] !== NEWLINE) at = bytes.indexOf(wanted, at + 1)
  return at < 0 ? null : numberAt(bytes, at + wanted.length, dropDigits)
}
