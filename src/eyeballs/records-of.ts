import type { Family, RecordType } from '../core/family.ts'
import { parseIp, unmapIp } from '../core/ip.ts'

/** The family of an IP literal, an IPv4-mapped one being IPv4; undefined for a name. */
export const literalFamily = (host: string): Family | undefined => {
  const ip = parseIp(host)
  return ip && unmapIp(ip).family
}

/** What is looked up for a host: AAAA, immediately followed by A (RFC 8305 section 3); of a literal only its own family. */
export const recordsOf = (host: string): readonly RecordType[] => {
  const family = literalFamily(host)
  if (family === undefined) return ['AAAA', 'A']
  return family === 6 ? ['AAAA'] : ['A']
}
