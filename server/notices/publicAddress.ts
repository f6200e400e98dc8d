import { BlockList, isIP } from 'node:net'

const v4 = new BlockList()
/** What is not on the public internet: IANA's IPv4 special-purpose registry, multicast and the reserved class. */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
] as const
for (const range of NOT_PUBLIC_V4) v4.addSubnet(range.split('/')[0]!, Number(range.split('/')[1]), 'ipv4')

/** Public IPv6 is 2000::/3 without its special parts: everything else is local, mapped, multicast or unassigned. */
const global = new BlockList()
global.addSubnet('2000::', 3, 'ipv6')
const special = new BlockList()
// Protocol assignments with Teredo, documentation, and 6to4, which carries IPv4 addresses.
special.addSubnet('2001::', 23, 'ipv6')
special.addSubnet('2001:db8::', 32, 'ipv6')
special.addSubnet('2002::', 16, 'ipv6')
special.addSubnet('3fff::', 20, 'ipv6')

/**
 * Whether an IP address is on the public internet, so that a customer may have us connect to it. Loopback, private,
 * link-local (with clouds' metadata), carrier-grade NAT, unique-local, multicast, IPv4 in IPv6 and text that is no address
 * are not.
 */
export const isPublicAddress = (address: string): boolean => {
  switch (isIP(address)) {
    case 4:
      return !v4.check(address, 'ipv4')
    case 6:
      return !address.includes('%') && global.check(address, 'ipv6') && !special.check(address, 'ipv6')
    default:
      return false
  }
}
