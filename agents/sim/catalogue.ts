import type { Wave } from './wave.ts'

/** What a container of a kind uses: µs, MiB and bytes a second; sizes of its storage in MiB. */
export type Workload = {
  cpuUs: Wave
  throttledUs?: Wave
  memoryMib: Wave
  rxBytes: Wave
  txBytes: Wave
  blockReadBytes: Wave
  blockWriteBytes: Wave
  layerMib: Wave
  volumeMib?: Wave
  logMib: Wave
  /** Bursts: how often, how long, in seconds. */
  burst?: [everyS: number, forS: number]
}

/** How its containers come and go. */
export type Churn =
  | { kind: 'steady' }
  /** The same container again after some hours, as one that leaks until it is killed. */
  | { kind: 'restarts'; everyS: number; exitCode: number }
  /** A new container in place of the old one. */
  | { kind: 'deploys'; everyS: number }
  /** A container for each run, gone afterwards. */
  | { kind: 'jobs'; everyS: number; forS: number }

export type App = {
  account: string
  app: string
  image: string
  workload: keyof typeof WORKLOADS
  churn: Churn
  /** How many of a cluster's containers are of it, beside the others. */
  weight: number
  limits?: { memoryMib?: number; cpuMilli?: number; pids?: number }
  /** Seconds before the fleet's present at which its later containers were added; those before are one in `oneIn`. */
  scaledOut?: { beforeS: number; oneIn: number }
}

const HOUR = 3_600
const DAY = 86_400

export const WORKLOADS = {
  web: {
    cpuUs: { base: 190_000, day: 0.55, week: 0.15, ripple: 0.22 },
    memoryMib: { base: 410, day: 0.06, ripple: 0.03 },
    rxBytes: { base: 6_200, day: 0.6, week: 0.15, ripple: 0.2 },
    txBytes: { base: 14_000, day: 0.6, week: 0.15, ripple: 0.2 },
    blockReadBytes: { base: 1_900, ripple: 0.3 },
    blockWriteBytes: { base: 7_800, day: 0.4, ripple: 0.3 },
    layerMib: { base: 34 },
    logMib: { base: 2, growth: 0.000_2 },
  },
  edge: {
    cpuUs: { base: 420_000, day: 0.5, week: 0.12, ripple: 0.25 },
    memoryMib: { base: 620, ripple: 0.04 },
    rxBytes: { base: 41_000, day: 0.55, ripple: 0.25 },
    txBytes: { base: 165_000, day: 0.6, week: 0.1, ripple: 0.2 },
    blockReadBytes: { base: 9_000, ripple: 0.3 },
    blockWriteBytes: { base: 12_000, ripple: 0.3 },
    layerMib: { base: 58 },
    logMib: { base: 12, growth: 0.000_9 },
  },
  batch: {
    cpuUs: { base: 70_000, ripple: 0.2, burst: 2_300_000 },
    throttledUs: { base: 0, burst: 41_000 },
    memoryMib: { base: 900, ripple: 0.05, burst: 3_400 },
    rxBytes: { base: 4_000, burst: 260_000 },
    txBytes: { base: 2_000, burst: 34_000 },
    blockReadBytes: { base: 1_000, burst: 5_200_000 },
    blockWriteBytes: { base: 3_000, burst: 2_100_000 },
    layerMib: { base: 210, ripple: 0.1 },
    logMib: { base: 1, growth: 0.000_1 },
    burst: [2 * HOUR, 47 * 60],
  },
  database: {
    cpuUs: { base: 330_000, day: 0.4, week: 0.1, ripple: 0.15 },
    memoryMib: { base: 4_300, day: 0.03 },
    rxBytes: { base: 8_300, day: 0.5, ripple: 0.1 },
    txBytes: { base: 9_400, day: 0.5, ripple: 0.1 },
    blockReadBytes: { base: 60_000, day: 0.4, ripple: 0.3 },
    blockWriteBytes: { base: 410_000, day: 0.4, ripple: 0.3 },
    layerMib: { base: 61 },
    volumeMib: { base: 91_000, growth: 0.012 },
    logMib: { base: 40, growth: 0.000_1 },
  },
  queue: {
    cpuUs: { base: 120_000, day: 0.3, ripple: 0.35 },
    memoryMib: { base: 540, ripple: 0.12 },
    rxBytes: { base: 14_000, day: 0.3, ripple: 0.3 },
    txBytes: { base: 12_500, day: 0.3, ripple: 0.3 },
    blockReadBytes: { base: 600 },
    blockWriteBytes: { base: 55_000, ripple: 0.4 },
    layerMib: { base: 18 },
    volumeMib: { base: 2_400, ripple: 0.2 },
    logMib: { base: 3, growth: 0.000_05 },
  },
  leaking: {
    cpuUs: { base: 95_000, day: 0.4, ripple: 0.2 },
    memoryMib: { base: 240, ripple: 0.02, growth: 0.026 },
    rxBytes: { base: 3_100, day: 0.5, ripple: 0.2 },
    txBytes: { base: 6_400, day: 0.5, ripple: 0.2 },
    blockReadBytes: { base: 800 },
    blockWriteBytes: { base: 2_400 },
    layerMib: { base: 29 },
    logMib: { base: 6, growth: 0.000_3 },
  },
  crunching: {
    cpuUs: { base: 1_930_000, ripple: 0.02 },
    throttledUs: { base: 160_000, ripple: 0.3 },
    memoryMib: { base: 310 },
    rxBytes: { base: 900, ripple: 0.3 },
    txBytes: { base: 1_400, ripple: 0.3 },
    blockReadBytes: { base: 40 },
    blockWriteBytes: { base: 90 },
    layerMib: { base: 12 },
    logMib: { base: 1, growth: 0.000_01 },
  },
  crawling: {
    cpuUs: { base: 510_000, ripple: 0.3 },
    memoryMib: { base: 780, ripple: 0.08 },
    rxBytes: { base: 1_150_000, ripple: 0.35 },
    txBytes: { base: 18_000, ripple: 0.35 },
    blockReadBytes: { base: 900 },
    blockWriteBytes: { base: 610_000, ripple: 0.3 },
    layerMib: { base: 900, growth: 0.004 },
    logMib: { base: 90, growth: 0.002 },
  },
  idle: {
    cpuUs: { base: 1_100, ripple: 0.3 },
    memoryMib: { base: 46 },
    rxBytes: { base: 60, ripple: 0.4 },
    txBytes: { base: 45, ripple: 0.4 },
    blockReadBytes: { base: 0 },
    blockWriteBytes: { base: 20 },
    layerMib: { base: 4 },
    logMib: { base: 0.1, growth: 0.000_001 },
  },
  job: {
    cpuUs: { base: 880_000, ripple: 0.1 },
    memoryMib: { base: 720, ripple: 0.1 },
    rxBytes: { base: 120_000, ripple: 0.3 },
    txBytes: { base: 21_000, ripple: 0.3 },
    blockReadBytes: { base: 900_000, ripple: 0.3 },
    blockWriteBytes: { base: 350_000, ripple: 0.3 },
    layerMib: { base: 120 },
    logMib: { base: 0.2, growth: 0.000_4 },
  },
} satisfies Record<string, Workload>

const steady: Churn = { kind: 'steady' }
const deploys = (days: number): Churn => ({ kind: 'deploys', everyS: days * DAY })

/** Who runs what in a cluster of each kind. */
export const APPS: Record<'paid' | 'free' | 'internal', App[]> = {
  paid: [
    {
      account: 'saltmarsh',
      app: 'batch-2',
      image: 'registry.example/saltmarsh/batch:2.14',
      workload: 'batch',
      churn: steady,
      weight: 12,
      limits: { memoryMib: 8_192, cpuMilli: 4_000 },
      scaledOut: { beforeS: 7 * DAY, oneIn: 6 },
    },
    {
      account: 'saltmarsh',
      app: 'ingest-worker',
      image: 'registry.example/saltmarsh/ingest:1.8',
      workload: 'queue',
      churn: deploys(6),
      weight: 8,
      limits: { memoryMib: 2_048, cpuMilli: 2_000 },
    },
    {
      account: 'saltmarsh',
      app: 'api',
      image: 'registry.example/saltmarsh/api:5.2',
      workload: 'web',
      churn: deploys(3),
      weight: 6,
      limits: { memoryMib: 1_024, cpuMilli: 2_000, pids: 512 },
    },
    {
      account: 'saltmarsh',
      app: 'postgres-main',
      image: 'postgres:17',
      workload: 'database',
      churn: steady,
      weight: 2,
      limits: { memoryMib: 8_192 },
    },
    {
      account: 'saltmarsh',
      app: 'dashboards',
      image: 'grafana/grafana:12.1',
      workload: 'leaking',
      churn: { kind: 'restarts', everyS: 10 * HOUR, exitCode: 137 },
      weight: 2,
      limits: { memoryMib: 1_280 },
    },
    {
      account: 'saltmarsh',
      app: 'preview',
      image: 'registry.example/saltmarsh/api:5.3-rc1',
      workload: 'job',
      churn: { kind: 'jobs', everyS: 8 * HOUR, forS: 95 * 60 },
      weight: 2,
    },
    {
      account: 'greyheron',
      app: 'api',
      image: 'registry.example/greyheron/api:412',
      workload: 'edge',
      churn: deploys(4),
      weight: 9,
      limits: { memoryMib: 2_048, cpuMilli: 2_000 },
    },
    { account: 'greyheron', app: 'web', image: 'nginx:1.29', workload: 'web', churn: deploys(4), weight: 6 },
    { account: 'greyheron', app: 'sessions', image: 'valkey/valkey:8', workload: 'queue', churn: steady, weight: 2 },
    {
      account: 'tidepool',
      app: 'render-a',
      image: 'registry.example/tidepool/render:0.44',
      workload: 'batch',
      churn: deploys(9),
      weight: 8,
      limits: { cpuMilli: 4_000, memoryMib: 6_144 },
    },
    {
      account: 'tidepool',
      app: 'studio',
      image: 'registry.example/tidepool/studio:88',
      workload: 'web',
      churn: deploys(2),
      weight: 5,
    },
    {
      account: 'tidepool',
      app: 'thumbnails',
      image: 'registry.example/tidepool/thumbs:9',
      workload: 'job',
      churn: { kind: 'jobs', everyS: 2 * HOUR, forS: 18 * 60 },
      weight: 3,
    },
    { account: 'lowlight', app: 'db-main', image: 'mariadb:11.8', workload: 'database', churn: steady, weight: 5 },
    {
      account: 'lowlight',
      app: 'shop',
      image: 'registry.example/lowlight/shop:2026.11',
      workload: 'web',
      churn: deploys(5),
      weight: 6,
    },
    {
      account: 'oxbow',
      app: 'crawl',
      image: 'registry.example/oxbow/crawl:31',
      workload: 'crawling',
      churn: deploys(8),
      weight: 5,
    },
    {
      account: 'oxbow',
      app: 'search',
      image: 'registry.example/oxbow/search:31',
      workload: 'database',
      churn: steady,
      weight: 2,
    },
  ],
  free: [
    {
      account: 'dunlin',
      app: 'preview-7',
      image: 'registry.example/dunlin/site:preview-7',
      workload: 'crunching',
      churn: steady,
      weight: 3,
      limits: { cpuMilli: 2_000, memoryMib: 512 },
    },
    {
      account: 'dunlin',
      app: 'site',
      image: 'registry.example/dunlin/site:40',
      workload: 'web',
      churn: deploys(7),
      weight: 5,
      limits: { cpuMilli: 1_000, memoryMib: 512 },
    },
    {
      account: 'quietfern',
      app: 'worker-eu',
      image: 'registry.example/quietfern/worker:3',
      workload: 'crunching',
      churn: deploys(11),
      weight: 5,
      limits: { cpuMilli: 2_000, memoryMib: 512 },
    },
    {
      account: 'quietfern',
      app: 'blog',
      image: 'ghost:6',
      workload: 'idle',
      churn: steady,
      weight: 6,
      limits: { memoryMib: 512 },
    },
    {
      account: 'oxbow',
      app: 'staging',
      image: 'registry.example/oxbow/search:32-rc',
      workload: 'leaking',
      churn: { kind: 'restarts', everyS: 6 * HOUR, exitCode: 137 },
      weight: 4,
      limits: { memoryMib: 1_024 },
    },
    {
      account: 'lowlight',
      app: 'demo-shop',
      image: 'registry.example/lowlight/shop:demo',
      workload: 'idle',
      churn: steady,
      weight: 7,
    },
    { account: '', app: '', image: 'busybox:1.37', workload: 'idle', churn: steady, weight: 1 },
  ],
  internal: [
    {
      account: 'halyard',
      app: 'registry-proxy',
      image: 'registry.example/halyard/registry-proxy:2.18.4',
      workload: 'edge',
      churn: deploys(14),
      weight: 4,
    },
    {
      account: 'halyard',
      app: 'metrics',
      image: 'prom/prometheus:v3.7',
      workload: 'database',
      churn: steady,
      weight: 3,
    },
    {
      account: 'halyard',
      app: 'builders',
      image: 'registry.example/halyard/builder:77',
      workload: 'job',
      churn: { kind: 'jobs', everyS: HOUR, forS: 13 * 60 },
      weight: 6,
    },
    {
      account: 'halyard',
      app: 'mail-relay',
      image: 'registry.example/halyard/relay:5',
      workload: 'queue',
      churn: steady,
      weight: 2,
    },
    { account: 'halyard', app: 'docs', image: 'nginx:1.29', workload: 'idle', churn: deploys(10), weight: 4 },
  ],
}
