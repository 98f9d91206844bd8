import type { Cidr } from '../../core/cidr.ts'
import { formatIp, parseIp } from '../../core/ip.ts'
import { ADDRESSES_MAX } from '../addresses.ts'
import type { PositiveAnswer } from '../types.ts'
import { isExempt, isGlobal } from './exemptions.ts'
import { WELL_KNOWN_PREFIX, embed, extract, isWellKnown } from './rfc6052.ts'

/**
 * An answer of IPv4 addresses as the IPv6 ones that a translator takes to them: by every prefix, in
 * the order of the prefixes (RFC 7050 section 3). Addresses that no translator leads to are left out.
 *
 * @returns the answer itself where nothing of it can be translated
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
 * An answer of IPv6 addresses whose IPv4-mapped ones, which are IPv4 addresses by now, have become those of
 * a translator; they come last.
 *
 * @returns the answer itself where it has none, or none of them can be translated
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
 * An answer of IPv6 addresses with the IPv4 addresses that those of a translator stand for, as a
 * DNS64 (RFC 6147) makes them. The well-known prefix is always one of a translator's.
 *
 * @returns the answer itself where it has none
 */
export const withEmbedded = (answer: PositiveAnswer, prefixes: readonly Cidr[]): PositiveAnswer => {
  const embedded = new Map(answer.embedded)
  // Where one prefix is inside another, the longer one says what an address of it is.
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
