import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Download, Locator, Page } from 'playwright'
import { expect } from 'vitest'
import { startControlPlane, type ControlPlane } from './controlPlane.ts'

/** A control plane with the demo's people, fleet and month of history, once all of it is there. */
export const startDemoPlane = async (): Promise<ControlPlane> => {
  const plane = await startControlPlane({ env: { WHARF_DEMO: '1' } })
  while (!plane.output().includes('password of both')) await sleep(100)
  return plane
}

/** The six digits of an authenticator app (RFC 6238, 30 s, SHA-1) for a secret in base 32. */
export const totpOf = (secret: string, nowMs: number): string => {
  const bits = [...secret.replaceAll('=', '')]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(nowMs / 30_000)))
  const digest = createHmac('sha1', key).update(counter).digest()
  const at = digest.readUInt8(digest.length - 1) & 15
  return ((digest.readUInt32BE(at) & 0x7fff_ffff) % 1_000_000).toString().padStart(6, '0')
}

/** The link in the newest mail to `recipient`, as an operator finds it in the outbox. */
export const linkFromOutbox = async (operator: Page, recipient: string, subject: RegExp): Promise<string> => {
  await operator.goto(`/ops/outbox?q=${encodeURIComponent(recipient)}`)
  const mail = operator.getByRole('row', { name: recipient }).filter({ hasText: subject }).first()
  await eventually(async () => {
    if ((await mail.count()) === 0) await operator.reload()
    expect(await mail.count()).toBe(1)
  })
  await mail.getByText(subject).first().click()
  const link = /https?:\/\/\S+/.exec(await mail.getByRole('code').first().innerText())?.[0]
  if (!link) throw new Error(`the mail to ${recipient} has no link`)
  return link
}

/** Tries until it is true; the last failure is told. */
export const eventually = async (what: () => Promise<void>, withinMs = 60_000): Promise<void> => {
  const until = Date.now() + withinMs
  for (;;) {
    try {
      return await what()
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(100)
    }
  }
}

/** Vitest's `expect.poll` with the patience of a page on a busy machine. */
export const poll = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 60_000 })

/** The text of a file that a click on `button` downloads, and its name. */
export const downloaded = async (page: Page, button: Locator): Promise<{ name: string; text: string }> => {
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()])
  return { name: file.suggestedFilename(), text: await textOf(file) }
}

const textOf = async (file: Download) => {
  const chunks: Buffer[] = []
  for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** The rows of a CSV without quoted cells, its header first. */
export const cellsOf = (csv: string): string[][] =>
  csv
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','))
