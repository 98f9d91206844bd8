/** An address family, as the IP version number. */
export type Family = 4 | 6

/** The two DNS record types that carry addresses. */
export type RecordType = 'A' | 'AAAA'

/** The family of an address, given as text. */
export const familyOfAddress = (address: string): Family => (address.includes(':') ? 6 : 4)

/** The family whose addresses a record type carries. */
export const familyOf = (record: RecordType): Family => (record === 'AAAA' ? 6 : 4)

/** An IP address as a value: 4 or 16 bytes in network order, and an optional IPv6 zone. */
export type Ip = {
  readonly family: Family
  readonly bytes: Uint8Array
  /** RFC 4007 section 11: the interface of a link-local address. */
  readonly zone?: string
}

const ZERO = 0x30
const DOT = 0x2e
const COLON = 0x3a

/** Whether the text from `from` to `end` is four decimal numbers; writes them to `bytes` from `at` on. */
const readIpv4 = (
  text: string,
  from: number,
  end: number,
  bytes: Uint8Array,
  at: number,
): boolean => {
  let part = 0
  let value = -1
  for (let i = from; i < end; i++) {
    const code = text.charCodeAt(i)
    const digit = code - ZERO
    if (digit >= 0 && digit <= 9) {
      // Some parsers read a leading zero as octal and others as decimal, so it is refused.
      if (value === 0) return false
      value = value < 0 ? digit : value * 10 + digit
      if (value > 255) return false
    } else {
      if (code !== DOT || value < 0 || part === 3) return false
      bytes[at + part++] = value
      value = -1
    }
  }
  // inet_aton's short forms `127.1` and `0x7f.1` would bypass access rules: only four numbers are accepted.
  if (part < 3 || value < 0) return false
  bytes[at + 3] = value
  return true
}

/** @returns -1 for any other character */
const hexDigit = (code: number): number => {
  if (code >= ZERO && code <= ZERO + 9) return code - ZERO
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1
}

const parseIpv6 = (text: string, end: number): Uint8Array | undefined => {
  const bytes = new Uint8Array(16)
  let at = 0
  /** The byte offset of `::`; -1 if there is none. */
  let gap = -1
  let group = 0
  let digits = 0
  // A leading colon is valid only as part of `::`.
  const first = text.charCodeAt(0) === COLON ? 1 : 0
  if (first === 1 && text.charCodeAt(1) !== COLON) return undefined
  for (let i = first; i < end; i++) {
    const code = text.charCodeAt(i)
    const digit = hexDigit(code)
    if (digit >= 0) {
      if (++digits > 4) return undefined
      group = group * 16 + digit
    } else if (code === COLON && digits > 0) {
      if (i === end - 1) return undefined
      bytes[at++] = group >> 8
      bytes[at++] = group & 0xff
      group = 0
      digits = 0
    } else if (code === COLON && gap < 0) {
      gap = at
    } else {
      // Only an IPv4 tail is valid here; it replaces the last two groups.
      if (code !== DOT || !readIpv4(text, i - digits, end, bytes, at)) return undefined
      at += 4
      digits = 0
      break
    }
  }
  if (digits > 0) {
    bytes[at++] = group >> 8
    bytes[at++] = group & 0xff
  }
  // Writes past the end of the bytes were ignored, but `at` has counted them. A `::` stands for at least one
  // group.
  if (gap < 0) return at === 16 ? bytes : undefined
  if (at >= 16) return undefined
  bytes.copyWithin(16 - at + gap, gap, at)
  bytes.fill(0, gap, 16 - at + gap)
  return bytes
}

/**
 * Reads an IP address: dotted-quad IPv4, or IPv6 (RFC 4291 section 2.2) with an optional zone. The parser
 * is written by hand because it runs several times for each connection.
 *
 * @returns undefined for anything else: names, brackets, ports, inet_aton's short forms
 */
export const parseIp = (text: string): Ip | undefined => {
  if (!text.includes(':')) {
    const bytes = new Uint8Array(4)
    return readIpv4(text, 0, text.length, bytes, 0) ? { family: 4, bytes } : undefined
  }
  const percent = text.indexOf('%')
  const bytes = parseIpv6(text, percent < 0 ? text.length : percent)
  if (!bytes || percent < 0) return bytes && { family: 6, bytes }
  const zone = text.slice(percent + 1)
  return /^[A-Za-z0-9._~-]{1,32}$/.test(zone) ? { family: 6, bytes, zone } : undefined
}

/** Reads an IP address, as `parseIp` does. */
export type ReadIp = (text: string) => Ip | undefined

/**
 * Creates a reader that parses each text once. One race needs the few addresses that it has in several
 * places: for the query, its order, the access rules, the connection and the history.
 */
export const createIpReader = (): ReadIp => {
  const texts: string[] = []
  const ips: (Ip | undefined)[] = []
  return text => {
    const at = texts.indexOf(text)
    if (at >= 0) return ips[at]
    const ip = parseIp(text)
    texts.push(text)
    ips.push(ip)
    return ip
  }
}

/** The address of 4 or 16 bytes in network order. The bytes are copied. */
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

/** The canonical text of an address: RFC 5952 for IPv6, with `%zone` if it has one. */
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

/**
 * Converts an IPv4-mapped IPv6 address (::ffff:0:0/96, RFC 4291 section 2.5.5.2) to the IPv4 address in it;
 * returns others unchanged.
 */
export const unmapIp = (ip: Ip): Ip => (isMapped(ip) ? ipFromBytes(ip.bytes.subarray(12)) : ip)
