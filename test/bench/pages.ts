import { gzipSync } from 'node:zlib'
import { readEnv } from '#server/env.ts'
import { figure } from './figure.ts'
import { startControlPlane } from './parts/controlPlane.ts'
import { CUSTOMER, OPERATOR, PASSWORD, seedPages } from './parts/pagesData.ts'
import { listPages, type Page, type Visitor } from './parts/pagesList.ts'

const WARM_UPS = 4
const REQUESTS = 30

type Cookies = Record<Visitor, string>

const signIn = async (url: string, email: string): Promise<string> => {
  const answer = await fetch(`${url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url },
    body: JSON.stringify({ email, password: PASSWORD }),
  })
  if (!answer.ok) throw new Error(`${email} could not sign in: ${answer.status} ${await answer.text()}`)
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ')
}

const p95 = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? 0

/** Asks for a page as a browser does, one request after the other, and reads it to its end. */
const visit = async (url: string, { path }: Page, cookie: string) => {
  const startedAt = performance.now()
  const answer = await fetch(url + path, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' })
  const html = await answer.text()
  return { ms: performance.now() - startedAt, status: answer.status, html }
}

/** Gzipped size of the scripts that the parser inserts; those for browsers without modules are not loaded. */
const scriptBytes = async (url: string, html: string, known: Map<string, number>): Promise<number> => {
  const sources = new Set<string>()
  for (const [tag] of html.matchAll(/<script\b[^>]*>/g)) {
    const source = / src="([^"]+)"/.exec(tag)?.[1]
    if (source && !/ nomodule/i.test(tag)) sources.add(source.replaceAll('&amp;', '&'))
  }
  let bytes = 0
  for (const source of sources) {
    let size = known.get(source)
    if (size === undefined) {
      const answer = await fetch(new URL(source, url))
      if (!answer.ok) throw new Error(`${source}: ${answer.status}`)
      size = gzipSync(Buffer.from(await answer.arrayBuffer())).length
      known.set(source, size)
    }
    bytes += size
  }
  return bytes
}

/** Server time and first-load JavaScript of every page, over a fleet of 1,000 hosts and 10,000 containers. */
export default async function pages(options: string[]): Promise<void> {
  const plane = await startControlPlane('web', { NODE_ENV: 'production' }, process.env['WHARF_BENCH_DATA'])
  try {
    const { sql, url } = plane
    const env = readEnv({ WHARF_DATA: plane.dataDir })
    const seconds = await seedPages(sql, env)
    if (seconds > 0) process.stderr.write(`the store was made in ${seconds.toFixed(0)} s\n`)
    const cookies: Cookies = {
      operator: await signIn(url, OPERATOR),
      customer: await signIn(url, CUSTOMER),
      anonymous: '',
    }
    const known = new Map<string, number>()
    const all = await listPages(sql, env.secret)
    const chosen = all.filter(({ page }) => options.length === 0 || options.some((part) => page.includes(part)))
    // A server that has just started compiles what the first visitors ask for.
    for (const page of chosen) await visit(url, page, cookies[page.visitor])
    for (const page of chosen) {
      const cookie = cookies[page.visitor]
      const times: number[] = []
      let html = ''
      for (let n = 0; n < WARM_UPS + REQUESTS; n++) {
        const seen = await visit(url, page, cookie)
        if (seen.status >= 400) throw new Error(`${page.path}: ${seen.status}`)
        // A page that failed while it was on its way has a good status all the same.
        if (/data-dgst="(?!NEXT_REDIRECT)/.test(seen.html)) throw new Error(`${page.path} shows an error`)
        html = seen.html
        if (n >= WARM_UPS) times.push(seen.ms)
      }
      const of = { bench: 'pages', page: page.page }
      figure({ ...of, figure: 'page_p95_ms', value: p95(times), unit: 'ms' })
      const bytes = await scriptBytes(url, html, known)
      if (bytes > 0) figure({ ...of, figure: 'first_load_js_kb', value: bytes / 1000, unit: 'kB' })
    }
  } finally {
    await plane.stop()
  }
}
