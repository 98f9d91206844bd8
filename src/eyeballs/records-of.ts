import type { Family, RecordType } from '../core/ip.ts'
import { parseIp, unmapIp } from '../core/ip.ts'

/** The family of an IP literal; IPv4 for an IPv4-mapped one, undefined for a name. */
export const literalFamily = (host: string): Family | undefined => {
  const ip = parseIp(host)
  return ip && unmapIp(ip).family
}

/**
 * The record types to look up for a host: AAAA, immediately followed by A (RFC 8305 section 3); for a
 * literal, only that of its own family.
 */
export const recordsOf = (host: string): readonly RecordType[] => {
  const family = literalFamily(host)
  if (family === undefined) return ['AAAA', 'A']
  return family === 6 ? ['AAAA'] : ['A']
}
