/** The polynomial of Castagnoli, with its bits in reverse order (RFC 3720 section 12.1). */
const POLYNOMIAL = 0x82f63b78

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) {
    remainder = (remainder >>> 1) ^ (remainder & 1 ? POLYNOMIAL : 0)
  }
  return remainder
})

/** Computes the checksum CRC-32C (RFC 3720 appendix B.4), as a number of 32 bits without a sign. */
export const crc32c = (bytes: Uint8Array): number => {
  let remainder = 0xffffffff
  for (const byte of bytes) remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ byte) & 0xff] ?? 0)
  return ~remainder >>> 0
}
