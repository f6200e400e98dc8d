import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { chromium as playwright } from 'playwright'
import type { Browser } from 'playwright'
import { canInstall, install, keptFolder, program } from './parts.ts'

/** A Chromium and how it starts. One that `isSingle` dies with its first context: it can show one page. */
export type Chromium = { path: string; env: Record<string, string>; args: string[]; isSingle: boolean }

const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--font-render-hinting=none',
]

const systemChromium = (): string | null => {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
  return names.map(program).find((path) => path !== null) ?? (existsSync(mac) ? mac : null)
}

// The package unpacks into the temporary folder and takes what an older version left there: it gets one of its own.
const packagedFolder = (): string => {
  const require = createRequire(import.meta.url)
  const main = dirname(require.resolve('@sparticuz/chromium'))
  const { version } = require(join(main, '..', 'package.json')) as { version: string }
  return join(keptFolder, `chromium-${version}`)
}

const packaged = (folder: string): Chromium => ({
  path: join(folder, 'chromium'),
  env: { FONTCONFIG_FILE: join(folder, 'fonts.conf'), LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') },
  args: [...flags, '--single-process', '--no-zygote'],
  isSingle: true,
})

const fontSettings = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, 'fonts')}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(folder, 'font-cache')}</cachedir>
</fontconfig>
`

const unpackPackaged = async (folder: string): Promise<void> => {
  const draft = `${folder}.${process.pid}`
  const temporary = process.env['TMPDIR']
  mkdirSync(draft, { recursive: true })
  process.env['TMPDIR'] = draft
  try {
    const { default: chromium, inflate } = await import('@sparticuz/chromium')
    await chromium.executablePath()
    const main = dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'))
    await inflate(join(main, '..', 'bin', 'al2023.tar.br'))
    writeFileSync(join(draft, 'fonts.conf'), fontSettings(folder))
    if (!existsSync(folder)) renameSync(draft, folder)
  } finally {
    if (temporary === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = temporary
    rmSync(draft, { recursive: true, force: true })
  }
}

/** The Chromium that tests use: the system's, else the one unpacked from its npm package; null before `prepare`. */
export const chromium = (): Chromium | null => {
  const system = process.env['WHARF_TEST_CHROMIUM'] === 'packaged' ? null : systemChromium()
  if (system) return { path: system, env: {}, args: flags, isSingle: false }
  const folder = packagedFolder()
  return existsSync(folder) ? packaged(folder) : null
}

/** Starts a Chromium without a window; as root it has no sandbox. */
export const launch = (found: Chromium): Promise<Browser> =>
  playwright.launch({
    executablePath: found.path,
    env: { ...process.env, ...found.env } as Record<string, string>,
    headless: true,
    chromiumSandbox: false,
    args: found.args,
    timeout: 60_000,
  })

const starts = async (found: Chromium): Promise<boolean> => {
  try {
    const browser = await launch(found)
    const page = await browser.newPage()
    await page.setContent('<p>ready</p>', { timeout: 10_000 })
    await browser.close()
    return true
  } catch {
    return false
  }
}

/**
 * Makes `chromium()` give one that starts: the system's; where root may install packages, Debian's; else the one of the
 * npm package, which needs no rights but can show only one page. Throws where none is to be had.
 */
export const prepareChromium = async (): Promise<string> => {
  const found = chromium()
  if (found && (await starts(found))) return found.path
  let refusal = ''
  if (canInstall() && process.env['WHARF_TEST_CHROMIUM'] !== 'packaged') {
    const failed = await install('chromium').catch((error: Error) => error)
    const installed = chromium()
    if (!failed && installed && (await starts(installed))) return 'from the Debian package chromium'
    refusal = failed?.message ?? ''
  }
  const folder = packagedFolder()
  if (process.platform === 'linux') {
    if (!existsSync(folder)) await unpackPackaged(folder)
    if (await starts(packaged(folder))) return 'from the npm package @sparticuz/chromium'
    rmSync(folder, { recursive: true, force: true })
  }
  throw new Error(`no Chromium starts here; install one ${refusal}`.trim())
}
