import type { Observation } from '#agents/rules.ts'

const seen = (signal: Observation['signal'], value: Observation['value'], heldS = 0): Observation => ({
  signal,
  value,
  heldS,
  subject: '101 worker',
})
const DATASET = [seen('memory.randomx_geometry', 2344), seen('memory.dataset_entropy', 1)]
const LIGHT = [seen('memory.randomx_light', 258), seen('memory.dataset_entropy', 1)]
const FLAT = [seen('cpu.flat_busy', 99, 600)]
const TALK = [seen('memory.stratum_words', 4), seen('net.established', '198.51.100.7:443')]
const CALL = [seen('net.established', '203.0.113.20:443')]

/** What detection would see of workloads that do harm. */
export const OFFENDING = {
  miner: [...DATASET, ...TALK, ...FLAT, seen('exe.miner_strings', 'xmrig randomx stratum+tcp')],
  renamed: [...DATASET, ...TALK, ...FLAT],
  memfd: [...DATASET, ...TALK, seen('exe.memfd', true)],
  throttled: [...DATASET, ...TALK, seen('cpu.throttled_busy', 99, 600)],
  light: [...LIGHT, ...TALK, ...FLAT],
  bare: [...TALK, seen('exe.miner_strings', 'cryptonight stratum+ssl')],
  gameServer: [seen('game.minecraft_ping', '25571 1.21.4 3/20')],
} satisfies Record<string, Observation[]>

/** What it would see of honest ones that look like them. */
export const HONEST = {
  weights: [...DATASET, ...CALL, ...FLAT],
  matrices: [seen('memory.randomx_geometry', 2200), seen('memory.dataset_entropy', 0.1), ...CALL, ...FLAT],
  scanner: [seen('exe.miner_strings', 'xmrig randomx'), ...CALL],
  scannerWithHeap: [
    seen('exe.miner_strings', 'xmrig randomx'),
    seen('memory.randomx_geometry', 2200),
    seen('memory.dataset_entropy', 0.2),
  ],
  simulation: [...FLAT, seen('cpu.throttled_busy', 100, 900), seen('restart.cadence', 9)],
  manual: [seen('memory.stratum_words', 3), ...CALL],
  crawler: [seen('net.scan_fanout', 40), ...CALL],
} satisfies Record<string, Observation[]>

/** What it would see of ones that behave badly, without a proof. */
export const MISBEHAVING = {
  mailer: [seen('net.smtp_fanout', 212, 60)],
} satisfies Record<string, Observation[]>

export type Kind = keyof typeof OFFENDING | keyof typeof HONEST | keyof typeof MISBEHAVING
export const SIGNS: Record<Kind, Observation[]> = { ...OFFENDING, ...HONEST, ...MISBEHAVING }
