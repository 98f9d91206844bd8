import { finding, ok } from './findings.ts'
import type { ServerReport } from './server-report.ts'
import { works } from './server-report.ts'
import type { Finding } from './types.ts'

/**
 * Judges NAT64 (RFC 7050).
 *
 * @param hasIpv4 whether there is a way out by IPv4
 */
export const checkNat64 = (
  reports: readonly ServerReport[],
  hasIpv4: boolean,
  nat64: string,
): readonly Finding[] => {
  if (!reports.some(works)) return []
  const prefixes = [...new Set(reports.flatMap(report => report.nat64))]
  const facts = { prefixes, configured: nat64 }
  if (prefixes.length > 0) {
    const message = `This network has NAT64: ${prefixes.join(', ')}`
    return nat64 === 'off' && !hasIpv4
      ? [
          finding(
            'nat64',
            'warning',
            `${message}, and resolver.nat64 is off`,
            'Set resolver.nat64: auto',
            facts,
          ),
        ]
      : [ok('nat64', message, facts)]
  }
  if (hasIpv4 || (nat64 !== 'off' && nat64 !== 'auto'))
    return [ok('nat64', 'This network announces no NAT64', facts)]
  const message = 'This host has IPv6 alone, and no DNS server announces NAT64'
  const advice =
    'Ask for a DNS64 server, or give the prefix (resolver.nat64); targets without IPv6 fail until then'
  return [finding('nat64', 'problem', message, advice, facts)]
}
