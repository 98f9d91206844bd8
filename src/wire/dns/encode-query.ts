import { CLASS_IN, FLAG, HEADER_OCTETS, TYPE, UDP_MAX_OCTETS, writeWord } from './format.ts'
import { writeName } from './names.ts'
import type { DnsQuestion } from './types.ts'

/**
 * Size of an OPT record (RFC 6891 section 6.1.2): root name, type, UDP size in the class field, 32 bits of
 * flags, and a length.
 */
const OPT_OCTETS = 11

/**
 * Encodes a query with one question and the RD flag (RFC 1035 section 4.1).
 *
 * @param edns adds an OPT record (RFC 6891), which allows UDP answers of 1232 octets instead of 512
 */
export const encodeQuery = ({ id, name, record }: DnsQuestion, edns: boolean): Uint8Array => {
  const bytes = new Uint8Array(HEADER_OCTETS + name.length + 4 + (edns ? OPT_OCTETS : 0))
  writeWord(bytes, 0, id)
  writeWord(bytes, 2, FLAG.recursionDesired)
  writeWord(bytes, 4, 1)
  writeWord(bytes, 10, edns ? 1 : 0)
  const behind = writeName(bytes, HEADER_OCTETS, name)
  writeWord(bytes, behind, TYPE[record])
  writeWord(bytes, behind + 2, CLASS_IN)
  if (edns) {
    const opt = behind + 4
    // All other fields are zero: root name, no flags (so no DNSSEC), version 0, and no options.
    writeWord(bytes, opt + 1, TYPE.OPT)
    writeWord(bytes, opt + 3, UDP_MAX_OCTETS)
  }
  return bytes
}
