import { crc32c } from './crc32c.ts'

/** Type and length (section 2.2.7). */
const TLV_HEADER_BYTES = 3
const TYPE_CRC32C = 0x03
const CRC_BYTES = 4

/** Whether the checksum at this offset is that of the whole header with zeros in its place (section 2.2.3). */
const isChecksum = (header: Uint8Array, at: number): boolean => {
  const stated = new DataView(header.buffer, header.byteOffset).getUint32(at)
  const copy = Uint8Array.from(header)
  copy.fill(0, at, at + CRC_BYTES)
  return crc32c(copy) === stated
}

/**
 * Checks the TLVs at the end of a version 2 header. Their values are ignored, except for the checksum,
 * which must be right if there is one.
 *
 * @param header the whole header
 * @param start where the TLVs start
 * @returns what is wrong, as text for people; undefined if nothing is
 */
export const checkTlvs = (header: Uint8Array, start: number): string | undefined => {
  for (let at = start; at < header.length;) {
    const [type, high = 0, low = 0] = header.subarray(at, at + TLV_HEADER_BYTES)
    const valueAt = at + TLV_HEADER_BYTES
    const length = high * 256 + low
    at = valueAt + length
    if (at > header.length) return 'a field that exceeds it'
    if (type !== TYPE_CRC32C) continue
    if (length !== CRC_BYTES || !isChecksum(header, valueAt)) return 'a wrong checksum'
  }
  return undefined
}
