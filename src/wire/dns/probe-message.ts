import { CLASS_IN, FLAG, HEADER_OCTETS, TYPE, word, writeWord } from './message.ts'
import type { WireName } from './names.ts'
import { readName, writeName } from './names.ts'

/** A question of any type, to learn what a server can do. */
export type ProbeQuestion = {
  /** 16 bits, chosen at random. */
  readonly id: number
  readonly name: WireName
  /** The record type, a number of the IANA registry. */
  readonly type: number
  /** Adds an OPT record (RFC 6891); `dnssec` sets its DO bit (RFC 3225), which makes answers larger. */
  readonly edns: { readonly udpOctets: number; readonly dnssec: boolean } | null
}

/** Size of an OPT record without options (RFC 6891 section 6.1.2). */
const OPT_OCTETS = 11

/** The DO bit, in the third octet of the OPT record's TTL field (RFC 6891 section 6.1.3). */
const DNSSEC_OK = 0x8000

/** Encodes a query with one question and the RD flag (RFC 1035 section 4.1). */
export const encodeProbe = ({ id, name, type, edns }: ProbeQuestion): Uint8Array => {
  const bytes = new Uint8Array(HEADER_OCTETS + name.length + 4 + (edns ? OPT_OCTETS : 0))
  writeWord(bytes, 0, id)
  writeWord(bytes, 2, FLAG.recursionDesired)
  writeWord(bytes, 4, 1)
  writeWord(bytes, 10, edns ? 1 : 0)
  const behind = writeName(bytes, HEADER_OCTETS, name)
  writeWord(bytes, behind, type)
  writeWord(bytes, behind + 2, CLASS_IN)
  if (edns) {
    const opt = behind + 4
    writeWord(bytes, opt + 1, TYPE.OPT)
    writeWord(bytes, opt + 3, edns.udpOctets)
    writeWord(bytes, opt + 7, edns.dnssec ? DNSSEC_OK : 0)
  }
  return bytes
}

/** The header of an answer to a probe. */
export type ProbeAnswer = {
  /** The response code of the header (RFC 1035 section 4.1.1). */
  readonly rcode: number
  readonly truncated: boolean
  /** Records of the answer section, as the header counts them. */
  readonly answers: number
  /** Size of the message. */
  readonly octets: number
}

/**
 * Reads the header of a message.
 *
 * @returns undefined if it is no response to the question
 */
export const readProbeAnswer = (
  bytes: Uint8Array,
  { id, name, type }: ProbeQuestion,
): ProbeAnswer | undefined => {
  if (bytes.length < HEADER_OCTETS || word(bytes, 0) !== id) return undefined
  const flags = word(bytes, 2)
  if ((flags & FLAG.response) === 0 || (flags & FLAG.opcode) !== 0) return undefined
  const rcode = flags & FLAG.rcode
  const question = word(bytes, 4) === 1 ? readName(bytes, HEADER_OCTETS) : undefined
  const isSame = question?.name === name && word(bytes, question.next) === type
  // Servers that refuse a query may leave its question out.
  if (!isSame && (rcode === 0 || word(bytes, 4) !== 0)) return undefined
  return {
    rcode,
    truncated: (flags & FLAG.truncated) !== 0,
    answers: word(bytes, 6),
    octets: bytes.length,
  }
}
