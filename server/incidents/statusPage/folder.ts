import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Where the files are: `status` below the data directory, always one whole revision. */
export const statusFolder = (dataDir: string): string => join(dataDir, 'status')

const REVISIONS = 'status-revisions'
/** The one shown, and the one before it, which somebody may still be reading. */
const KEPT = 2

/**
 * Puts a revision's files in the place of the one before at one instant: they are written beside it, then a link is
 * renamed over the link to the old ones. Who reads sees all of one or all of the other.
 */
export const replaceFolder = async (dataDir: string, files: ReadonlyMap<string, string>): Promise<void> => {
  const link = statusFolder(dataDir)
  const revisions = join(dataDir, REVISIONS)
  // Named by time, so that the order of names is that of their making.
  const name = `${Date.now().toString(36).padStart(9, '0')}-${randomBytes(3).toString('hex')}`
  const made = join(revisions, name)
  for (const folder of new Set([...files.keys()].map((path) => dirname(join(made, path)))))
    await mkdir(folder, { recursive: true })
  for (const [path, text] of files) await writeFile(join(made, path), text)
  const fresh = join(dataDir, `.status-${name}`)
  await symlink(join(REVISIONS, name), fresh)
  await rename(fresh, link)
  await removeOld(revisions, name)
}

const removeOld = async (revisions: string, shown: string) => {
  const older = (await readdir(revisions)).filter((name) => name < shown).toSorted()
  for (const name of older.slice(0, Math.max(0, older.length - (KEPT - 1))))
    await rm(join(revisions, name), { recursive: true, force: true })
}

/** The folder of the revision that is shown now; several files read from it belong together. */
export const shownFolder = async (dataDir: string): Promise<string | undefined> => {
  try {
    return join(dataDir, await readlink(statusFolder(dataDir)))
  } catch {
    return undefined
  }
}
