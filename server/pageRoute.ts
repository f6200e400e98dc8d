import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type Manifest = Record<'staticRoutes' | 'dynamicRoutes', { page: string; regex: string }[]>

/** The pattern of the page that a path belongs to, such as `/ops/hosts/[id]`: few values, whatever is asked for. */
export type PageRoute = (pathname: string) => string

/** Reads the routes of the built pages in `root`. Without a build, or for no page of ours, it says `page`. */
export const readPageRoutes = (root: string): PageRoute => {
  const read = (): Manifest | undefined => {
    try {
      return JSON.parse(readFileSync(join(root, '.next', 'routes-manifest.json'), 'utf8')) as Manifest
    } catch {
      return undefined
    }
  }
  const manifest = read()
  const statics = new Set(manifest?.staticRoutes.map(({ page }) => page))
  const dynamics = (manifest?.dynamicRoutes ?? []).map(({ page, regex }) => ({ page, pattern: new RegExp(regex) }))
  return (pathname) => {
    if (pathname.startsWith('/_next/')) return 'asset'
    if (statics.has(pathname)) return pathname
    return dynamics.find(({ pattern }) => pattern.test(pathname))?.page ?? 'page'
  }
}
