import { ipFromBytes } from '../../core/ip.ts'
import type { HeaderReading, ProxyEnd, ProxyHeader, ReadHeader } from './header.ts'
import { COMMAND, FIXED_BYTES, PROTOCOL, SIGNATURE } from './header.ts'
import { checkTlvs } from './tlvs.ts'

/** The largest header that is read. The protocol allows 64 KiB; headers in use have up to a few hundred bytes. */
export const BINARY_MAX_BYTES = 4096

/** Size of the addresses of each protocol; TLVs follow (section 2.2). */
const ADDRESS_BYTES: ReadonlyMap<number, number> = new Map([
  [PROTOCOL.unspecified, 0],
  [PROTOCOL.tcp4, 12],
  [PROTOCOL.udp4, 12],
  [PROTOCOL.tcp6, 36],
  [PROTOCOL.udp6, 36],
  [PROTOCOL.unixStream, 216],
  [PROTOCOL.unixDatagram, 216],
])

const COMMAND_AT = 12
const PROTOCOL_AT = 13
const LENGTH_AT = 14

const MORE: HeaderReading = { type: 'more' }
const LOCAL: ProxyHeader = { type: 'local' }
const UNKNOWN: ProxyHeader = { type: 'unknown' }

const invalid = (what: string): HeaderReading => ({
  type: 'invalid',
  message: `the PROXY protocol header (version 2) has ${what}`,
})

const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)

/** The end whose address is the first or second one, and whose port is the first or second one, of a header. */
const endAt = (header: Uint8Array, place: 0 | 1, octets: 4 | 16): ProxyEnd => {
  const at = FIXED_BYTES + place * octets
  return {
    ip: ipFromBytes(header.subarray(at, at + octets)),
    port: wordAt(header, FIXED_BYTES + 2 * octets + 2 * place),
  }
}

/** Reads a whole header whose fixed part is valid. */
const readWhole = (header: Uint8Array): ProxyHeader | string => {
  // The receiver must discard everything else of a LOCAL header, the protocol included (section 2.2).
  if (header[COMMAND_AT] === COMMAND.local) return LOCAL
  const protocol = header[PROTOCOL_AT]
  const addressBytes = ADDRESS_BYTES.get(protocol ?? 0) ?? 0
  const fault = checkTlvs(header, FIXED_BYTES + addressBytes)
  if (fault !== undefined) return fault
  if (protocol !== PROTOCOL.tcp4 && protocol !== PROTOCOL.tcp6) return UNKNOWN
  const octets = protocol === PROTOCOL.tcp4 ? 4 : 16
  return {
    type: 'proxied',
    source: endAt(header, 0, octets),
    destination: endAt(header, 1, octets),
  }
}

/**
 * Creates a reader of version 2 (section 2.2). Each byte is examined once; a header is refused at the first
 * invalid byte of its fixed part, or when it is complete.
 */
export const createBinaryReader = (): ReadHeader => {
  let header = new Uint8Array(FIXED_BYTES)
  let size = 0

  /** What is wrong with the byte of the fixed part that was added last; undefined if nothing is. */
  const checkByte = (at: number): string | undefined => {
    const byte = header[at] ?? 0
    const isProxy = header[COMMAND_AT] === COMMAND.proxy
    if (at < SIGNATURE.length) return byte === SIGNATURE[at] ? undefined : 'a wrong signature'
    if (at === COMMAND_AT) {
      return isProxy || byte === COMMAND.local ? undefined : 'another version or an unknown command'
    }
    if (at === PROTOCOL_AT) {
      return isProxy && !ADDRESS_BYTES.has(byte)
        ? 'an unknown address family or transport'
        : undefined
    }
    const length = wordAt(header, LENGTH_AT)
    if (FIXED_BYTES + length > BINARY_MAX_BYTES) return `more than ${BINARY_MAX_BYTES} bytes`
    if (at === LENGTH_AT || !isProxy) return undefined
    const least = ADDRESS_BYTES.get(header[PROTOCOL_AT] ?? 0) ?? 0
    return length < least ? 'too few bytes for its addresses' : undefined
  }

  /** Reads the fixed part, byte by byte. @returns how many bytes it took, or what is wrong */
  const takeFixed = (bytes: Uint8Array): number | string => {
    let taken = 0
    while (taken < bytes.length && size < FIXED_BYTES) {
      header[size] = bytes[taken++] ?? 0
      const fault = checkByte(size++)
      if (fault !== undefined) return fault
    }
    if (size === FIXED_BYTES && taken > 0) {
      const whole = new Uint8Array(FIXED_BYTES + wordAt(header, LENGTH_AT))
      whole.set(header)
      header = whole
    }
    return taken
  }

  return bytes => {
    const taken = size < FIXED_BYTES ? takeFixed(bytes) : 0
    if (typeof taken === 'string') return invalid(taken)
    if (size < FIXED_BYTES) return MORE
    const end = Math.min(bytes.length, taken + header.length - size)
    header.set(bytes.subarray(taken, end), size)
    size += end - taken
    if (size < header.length) return MORE
    const read = readWhole(header)
    return typeof read === 'string'
      ? invalid(read)
      : { type: 'header', header: read, rest: bytes.subarray(end) }
  }
}
