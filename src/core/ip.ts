import type { Family } from './family.ts'

/** An IP address as a value: 4 or 16 bytes in network order, and an IPv6 zone where one was given. */
export type Ip = {
  readonly family: Family
  readonly bytes: Uint8Array
  /** RFC 4007 section 11: the interface that a link-local address is meant on. */
  readonly zone?: string
}

const parseIpv4 = (text: string): Uint8Array | undefined => {
  // Four decimal numbers and nothing else: inet_aton's `127.1` or `0x7f.1` would slip past access rules.
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)
  if (!match) return undefined
  const bytes = new Uint8Array(4)
  for (let i = 0; i < 4; i++) {
    const part = match[i + 1] ?? ''
    const value = Number(part)
    // A leading zero means octal to some parsers and decimal to others, so it is refused.
    if (value > 255 || (part.length > 1 && part.startsWith('0'))) return undefined
    bytes[i] = value
  }
  return bytes
}

const parseGroups = (text: string): number[] | undefined => {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (part.includes('.')) {
      const ipv4 = i === parts.length - 1 ? parseIpv4(part) : undefined
      if (!ipv4) return undefined
      const [a = 0, b = 0, c = 0, d = 0] = ipv4
      groups.push(a * 256 + b, c * 256 + d)
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16))
    } else {
      return undefined
    }
  }
  return groups
}

const parseIpv6 = (text: string): Uint8Array | undefined => {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0] ?? '')
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '') : []
  if (!head || !tail) return undefined
  // An IPv4 tail may only stand at the very end, so not before the `::`.
  if (halves.length === 2 && halves[0]?.includes('.')) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const bytes = new Uint8Array(16)
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  for (const [i, group] of groups.entries()) {
    bytes[2 * i] = group >> 8
    bytes[2 * i + 1] = group & 0xff
  }
  return bytes
}

/**
 * Reads an IP address: dotted-quad IPv4, or IPv6 (RFC 4291 section 2.2) with an optional zone.
 *
 * @returns undefined for anything else: names, brackets, ports, inet_aton's short forms
 */
export const parseIp = (text: string): Ip | undefined => {
  if (!text.includes(':')) {
    const bytes = parseIpv4(text)
    return bytes && { family: 4, bytes }
  }
  const match = /^([0-9a-f:.]+)(?:%([A-Za-z0-9._~-]{1,32}))?$/i.exec(text)
  const bytes = match?.[1] === undefined ? undefined : parseIpv6(match[1])
  if (!bytes) return undefined
  const zone = match?.[2]
  return zone === undefined ? { family: 6, bytes } : { family: 6, bytes, zone }
}

/** The address that 4 or 16 bytes in network order stand for. The bytes are copied. */
export const ipFromBytes = (bytes: Uint8Array): Ip => ({
  family: bytes.length === 4 ? 4 : 6,
  bytes: Uint8Array.from(bytes),
})

const formatIpv6 = (bytes: Uint8Array): string => {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i] ?? 0) * 256 + (bytes[i + 1] ?? 0))
  let bestStart = -1
  let bestLength = 1
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length++
    if (length > bestLength) [bestStart, bestLength] = [start, length]
  }
  const hex = (part: number[]): string => part.map(group => group.toString(16)).join(':')
  if (bestStart < 0) return hex(groups)
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`
}

/** The canonical text of an address: RFC 5952 for IPv6, with `%zone` where there is one. */
export const formatIp = (ip: Ip): string => {
  if (ip.family === 4) return ip.bytes.join('.')
  const text = isMapped(ip) ? `::ffff:${ip.bytes.subarray(12).join('.')}` : formatIpv6(ip.bytes)
  return ip.zone === undefined ? text : `${text}%${ip.zone}`
}

const isMapped = (ip: Ip): boolean =>
  ip.family === 6 &&
  ip.bytes[11] === 0xff &&
  ip.bytes[10] === 0xff &&
  ip.bytes.subarray(0, 10).every(byte => byte === 0)

/** An IPv4-mapped IPv6 address (::ffff:0:0/96, RFC 4291 section 2.5.5.2) as the IPv4 address it holds; others as they are. */
export const unmapIp = (ip: Ip): Ip => (isMapped(ip) ? ipFromBytes(ip.bytes.subarray(12)) : ip)
