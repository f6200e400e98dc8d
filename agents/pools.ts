import type { RuleList } from './rules.ts'

// From falcosecurity/rules (Apache-2.0), reduced to suffixes. Rules that name addresses were left out: pools share them.
const fromFalco = [
  'antpool.com',
  'dwarfpool.com',
  'ethermine.org',
  'ethpool.org',
  'hashvault.pro',
  'minergate.com',
  'minexmr.com',
  'moneropool.com',
  'nanopool.org',
  'slushpool.com',
  'supportxmr.com',
  'unmineable.com',
  'xmr.crypto-pool.fr',
  'xmrpool.net',
]

// Widely known names of public pools and proxies.
const known = [
  'moneroocean.stream',
  'c3pool.com',
  'c3pool.org',
  'herominers.com',
  '2miners.com',
  'f2pool.com',
  'nicehash.com',
  'xmrpool.eu',
  'monerohash.com',
  'viabtc.com',
  'poolin.com',
  'braiins.com',
  'flexpool.io',
  'hiveon.net',
  'woolypooly.com',
  'kryptex.network',
  'zergpool.com',
  'prohashing.com',
  'p2pool.io',
  'gntl.uk',
  'skypool.org',
  'donate.v2.xmrig.com',
  'donate.ssl.xmrig.com',
]

/** Names of mining pools: matched against names that a container resolved itself, never against addresses. */
export const miningPools: RuleList = {
  name: 'mining-pools',
  source: 'falcosecurity/rules (Apache-2.0), reduced to suffixes, and widely known names',
  updatedAt: '2026-11-20',
  entries: [...fromFalco, ...known],
}
