import { CLASS_IN, FLAG, HEADER_OCTETS, TYPE, UDP_MAX_OCTETS, writeWord } from './format.ts'
import { writeName } from './names.ts'
import type { DnsQuestion } from './types.ts'

/** RFC 6891 section 6.1.2: a root name, a type, a size in place of a class, 32 bits of flags and a length. */
const OPT_OCTETS = 11

/**
 * A query with one question, that wants recursion (RFC 1035 section 4.1).
 *
 * @param edns adds an OPT record (RFC 6891), which allows answers of 1232 octets by UDP in place of 512
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
    // All else of it is zero: the root's name, no flags (so no DNSSEC), version 0, and no options.
    writeWord(bytes, opt + 1, TYPE.OPT)
    writeWord(bytes, opt + 3, UDP_MAX_OCTETS)
  }
  return bytes
}
