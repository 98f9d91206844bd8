import type { Cidr } from '../../core/cidr.ts'
import { formatIp, parseIp } from '../../core/ip.ts'
import { ADDRESSES_MAX } from '../addresses.ts'
import type { PositiveAnswer } from '../types.ts'
import { isExempt, isGlobal } from './exemptions.ts'
import { WELL_KNOWN_PREFIX, embed, extract, isWellKnown } from './rfc6052.ts'

/**
 * Translates an answer with IPv4 addresses: each address with every prefix, in the order of the prefixes
 * (RFC 7050 section 3). Addresses that no NAT64 leads to are left out.
 *
 * @returns the answer itself if nothing can be translated
 */
export const synthesise = (answer: PositiveAnswer, prefixes: readonly Cidr[]): PositiveAnswer => {
  const embedded = new Map<string, string>()
  const ipv4s = answer.addresses.flatMap(address => parseIp(address) ?? [])
  for (const prefix of prefixes) {
    const stands = isWellKnown(prefix) ? isGlobal : (ipv4: (typeof ipv4s)[0]) => !isExempt(ipv4)
    for (const ipv4 of ipv4s) {
      if (embedded.size === ADDRESSES_MAX) break
      if (stands(ipv4)) embedded.set(formatIp(embed(prefix, ipv4)), formatIp(ipv4))
    }
  }
  if (embedded.size === 0) return answer
  const addresses = [...embedded.keys()]
  return { ...answer, addresses, source: 'nat64', embedded, origin: answer.source }
}

/**
 * Translates the IPv4 addresses in an AAAA answer, which were IPv4-mapped IPv6 addresses; the results come
 * last.
 *
 * @returns the answer itself if it has none, or none can be translated
 */
export const synthesiseMapped = (
  answer: PositiveAnswer,
  prefixes: readonly Cidr[],
): PositiveAnswer => {
  const mapped = answer.addresses.filter(address => !address.includes(':'))
  if (mapped.length === 0) return answer
  const { addresses, embedded } = synthesise({ ...answer, addresses: mapped }, prefixes)
  if (!embedded) return answer
  const others = answer.addresses.filter(address => address.includes(':'))
  return { ...answer, addresses: [...others, ...addresses], embedded }
}

/**
 * Adds to an AAAA answer the embedded IPv4 addresses of its NAT64 addresses, as a DNS64 (RFC 6147)
 * synthesizes them. The well-known prefix is always recognized.
 *
 * @returns the answer itself if it has none
 */
export const withEmbedded = (answer: PositiveAnswer, prefixes: readonly Cidr[]): PositiveAnswer => {
  const embedded = new Map(answer.embedded)
  // If one prefix contains another, the longer prefix determines the embedded address.
  const longestFirst = [WELL_KNOWN_PREFIX, ...prefixes].toSorted((a, b) => b.length - a.length)
  for (const address of answer.addresses) {
    const ip = parseIp(address)
    const ipv4 = ip && firstOf(longestFirst, prefix => extract(prefix, ip))
    if (ipv4) embedded.set(address, formatIp(ipv4))
  }
  return embedded.size > 0 ? { ...answer, embedded } : answer
}

const firstOf = <T, U>(items: readonly T[], find: (item: T) => U | undefined): U | undefined => {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}
