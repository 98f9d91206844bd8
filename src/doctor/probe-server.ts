import type { RecordType } from '../core/ip.ts'
import { roundMs } from '../core/duration.ts'
import { formatIp } from '../core/ip.ts'
import type { DnsServer } from '../resolver/dns/servers.ts'
import { WELL_KNOWN_NAME, readPrefixes } from '../resolver/nat64/discover-prefix.ts'
import { formatCidr } from '../core/cidr.ts'
import { RCODE, TYPE, word } from '../wire/dns/message.ts'
import { wireName } from '../wire/dns/names.ts'
import { parseResponse } from '../wire/dns/parse-response.ts'
import type { AskServer, Asked } from './ask-server.ts'
import type { ServerReport } from './server-report.ts'

/** How long one question waits. Five of them are the longest sequence. */
const QUESTION_LIMIT_MS = 1500
const TCP_LIMIT_MS = 3000
/** Answers of one type, for a median. */
const ROUNDS = 3

/** The size that eyeballd's own queries announce. */
const UDP_OCTETS = 1232
const EDNS = { udpOctets: UDP_OCTETS, dnssec: false }

/** DNSKEY (RFC 4034 section 2): the root's keys with their signature are the best known large answer. */
const DNSKEY = 48
const PLAIN_OCTETS = 512

const REFUSES_EDNS: ReadonlySet<number> = new Set([RCODE.formatError, RCODE.notImplemented])

const median = (values: readonly number[]): number | null => {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
  return middle === undefined ? null : roundMs(middle)
}

/** Reads an answer whose id has been compared. */
const readAnswer = (message: Uint8Array, name: string, record: RecordType) =>
  parseResponse(message, { id: word(message, 0), name: wireName(name), record })

const recordsIn = (message: Uint8Array, name: string, record: RecordType): number | null => {
  const read = readAnswer(message, name, record)
  if (read.type === 'addresses') return read.addresses.length
  return read.type === 'none' ? 0 : null
}

/** Asks everything about one server, in 8 s at most. */
export const createProbeServer = (
  ask: AskServer,
): ((server: DnsServer, name: string) => Promise<ServerReport>) => {
  type Edns = ServerReport['edns']

  /** The first answer, and how EDNS is used from then on. */
  const firstAnswer = async (
    query: (edns: typeof EDNS | null) => Promise<Asked>,
  ): Promise<readonly [Asked, Edns]> => {
    const first = await query(EDNS)
    if (first.ok && !REFUSES_EDNS.has(first.rcode)) return [first, 'works']
    if (!first.ok && first.code !== 'ETIMEDOUT') return [first, null]
    const plain = await query(null)
    if (first.ok)
      return plain.ok && !REFUSES_EDNS.has(plain.rcode) ? [plain, 'refused'] : [first, null]
    if (!plain.ok) return [plain, null]
    // One datagram may have been lost.
    const again = await query(EDNS)
    return again.ok ? [again, 'works'] : [plain, 'dropped']
  }

  const askType = async (server: DnsServer, name: string, record: RecordType) => {
    const question = { name: wireName(name), type: TYPE[record] }
    const query = (edns: typeof EDNS | null): Promise<Asked> =>
      ask(server, { ...question, edns }, 'udp', QUESTION_LIMIT_MS)
    const [first, edns] = await firstAnswer(query)
    if (!first.ok) {
      return { report: { medianMs: null, code: first.code, rcode: null, records: null }, edns }
    }
    const records = recordsIn(first.message, name, record)
    const times = [first.ms]
    for (let round = 1; round < ROUNDS; round++) {
      const next = await query(edns === 'works' ? EDNS : null)
      if (!next.ok) break
      times.push(next.ms)
    }
    const { rcode } = first
    return { report: { medianMs: median(times), code: null, rcode, records }, edns }
  }

  const askTcp = async (server: DnsServer, name: string): Promise<string | null> => {
    const question = { name: wireName(name), type: TYPE.A, edns: null }
    const answer = await ask(server, question, 'tcp', TCP_LIMIT_MS)
    return answer.ok ? null : answer.code
  }

  const askLarge = async (
    server: DnsServer,
  ): Promise<Pick<ServerReport, 'large' | 'largeOctets'>> => {
    const question = {
      name: wireName(''),
      type: DNSKEY,
      edns: { udpOctets: UDP_OCTETS, dnssec: true },
    }
    for (let round = 0; round < 2; round++) {
      const answer = await ask(server, question, 'udp', QUESTION_LIMIT_MS)
      if (!answer.ok) continue
      const largeOctets = answer.octets
      if (answer.truncated) return { large: 'truncated', largeOctets }
      const isLarge = answer.rcode === RCODE.noError && answer.octets > PLAIN_OCTETS
      return { large: isLarge ? 'whole' : 'unknown', largeOctets }
    }
    return { large: 'lost', largeOctets: null }
  }

  const askNat64 = async (server: DnsServer): Promise<readonly string[]> => {
    const name = wireName(WELL_KNOWN_NAME)
    const answer = await ask(
      server,
      { name, type: TYPE.AAAA, edns: null },
      'udp',
      QUESTION_LIMIT_MS,
    )
    if (!answer.ok) return []
    const read = readAnswer(answer.message, WELL_KNOWN_NAME, 'AAAA')
    return read.type === 'addresses'
      ? readPrefixes(read.addresses.map(formatIp)).map(formatCidr)
      : []
  }

  return async (server, name) => {
    const [a, aaaa, tcp, large, nat64] = await Promise.all([
      askType(server, name, 'A'),
      askType(server, name, 'AAAA'),
      askTcp(server, name),
      askLarge(server),
      askNat64(server),
    ])
    const edns = a.edns ?? aaaa.edns
    return {
      server: server.text,
      name,
      a: a.report,
      aaaa: aaaa.report,
      tcp,
      edns,
      ...(edns === 'works' ? large : { large: 'unknown', largeOctets: null }),
      nat64,
    }
  }
}
