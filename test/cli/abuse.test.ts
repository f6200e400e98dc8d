import { expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { house } from '../server/abuse/house.ts'
import { startWharf } from './control.ts'

const { sql } = await testDatabase()
const wharf = await startWharf(sql)
const place = await house(sql)

test('cases are read and decided from a terminal, which hostile text does not reach', async () => {
  await place.addAccount('quietfern')
  await place.finds(await place.start('quietfern', 'web', 0, 'evil\u001b[31m'), 15)
  const list = await wharf('abuse cases')
  expect(list.out).toMatch(/AB-1 +quietfern +web +miner +140 +1 +stopped/)
  const shown = await wharf('abuse show AB-1')
  expect(shown.out).toContain('Strike 1 of 5')
  expect(shown.out).toContain('Next: If it is started and proven again')
  expect(shown.out).not.toContain('\u001b')
  const cleared = await wharf(['abuse', 'overrule', 'AB-1', 'clear', '--reason', 'our own benchmark'])
  expect(cleared).toMatchObject({ code: 0, out: 'AB-1 is decided: clear\n' })
  expect(await place.caseOf('quietfern')).toMatchObject({ state: 'closed', outcome: 'cleared' })
})

test('hold fire is switched with a reason', async () => {
  expect((await wharf('abuse hold-fire on')).code).toBe(2)
  expect((await wharf(['abuse', 'hold-fire', 'on', '--reason', 'a rule gone wild'])).code).toBe(0)
  expect((await wharf('abuse hold-fire')).out).toBe('hold fire is on: a rule gone wild\n')
})
