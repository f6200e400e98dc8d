import type { Browser, BrowserContextOptions, Page } from 'playwright'
import { afterAll } from 'vitest'
import { chromium, launch, prepareChromium } from './chromium.ts'

const running = new Set<Browser>()
let shared: Promise<Browser> | undefined

const start = async () => {
  if (!chromium()) await prepareChromium()
  const found = chromium()
  if (!found) throw new Error('no Chromium')
  const browser = await launch(found)
  running.add(browser)
  return browser
}

afterAll(async () => {
  const browsers = [...running]
  running.clear()
  shared = undefined
  await Promise.all(browsers.map((browser) => browser.close()))
})

/** A browser for one more context; closed after the test file's last test. Tests use `page`, rarely this. */
export const browser = (): Promise<Browser> => {
  if (chromium()?.isSingle) return start()
  shared ??= start()
  return shared
}

/** `width` in CSS pixels: 390 (a phone) or 1440 (a desk), or any other. `baseURL` makes `goto('/path')` work. */
export type PageOptions = {
  width?: number
  height?: number
  theme?: 'light' | 'dark'
  baseURL?: string
  storageState?: NonNullable<BrowserContextOptions['storageState']>
}

/** A page in a context of its own (no cookies but `storageState`'s), without animations. Close by `page.context().close()`. */
export const page = async (options: PageOptions = {}): Promise<Page> => {
  const width = options.width ?? 1440
  const context = await (
    await browser()
  ).newContext({
    viewport: { width, height: options.height ?? (width < 600 ? 844 : 900) },
    colorScheme: options.theme ?? 'light',
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
    hasTouch: width < 600,
    ...(options.baseURL ? { baseURL: options.baseURL } : {}),
    ...(options.storageState ? { storageState: options.storageState } : {}),
  })
  const opened = await context.newPage()
  opened.setDefaultTimeout(45_000)
  return opened
}
