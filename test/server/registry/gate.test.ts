import { expect, test } from 'vitest'
import { Gate } from '#server/registry/gate.ts'

test('who comes while it is held waits until it is released, and who is inside is waited for', async () => {
  const gate = new Gate()
  const leave = await gate.enter('write')
  const order: string[] = []
  const held = gate.hold('write', 60_000).then((isEmpty) => order.push(`held ${isEmpty}`))
  const late = gate.enter('write').then((leave) => {
    order.push('late enters')
    return leave
  })
  const reader = await gate.enter('read')
  leave()
  leave()
  await held
  expect([order, gate.isHeld('write'), gate.isHeld('read')]).toEqual([['held true'], true, false])
  gate.release()
  ;(await late)()
  reader()
  expect(order).toEqual(['held true', 'late enters'])
})

test('what does not end in time is told, and what waited too long is asked to come again', async () => {
  const gate = new Gate()
  const leave = await gate.enter('write')
  expect(await gate.hold('write', 1)).toBe(false)
  await expect(gate.enter('write', 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  gate.release()
  leave()
  // Who left twice, or after a release, is counted once.
  expect(await gate.hold('write', 1)).toBe(true)
})
