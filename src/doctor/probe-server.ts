import { formatIp } from '../core/ip.ts'
import type { DnsServer } from '../resolver/dns/servers.ts'
import { WELL_KNOWN_NAME, readPrefixes } from '../resolver/nat64/discover-prefix.ts'
import { formatCidr } from '../core/cidr.ts'
import { RCODE, TYPE, word } from '../wire/dns/message.ts'
import { wireName } from '../wire/dns/names.ts'
import { parseResponse } from '../wire/dns/parse-response.ts'
import type { AskServer, Asked } from './ask-server.ts'

/** What a server says to one record type. */
export type TypeReport = {
  /** Median of the answers; null: there was none. */
  readonly medianMs: number | null
  /** Why there was none; null if there was one. */
  readonly code: string | null
  /** The response code of the last answer; null without one. */
  readonly rcode: number | null
}

/** What one server can do. */
export type ServerReport = {
  readonly server: string
  readonly a: TypeReport
  readonly aaaa: TypeReport
  /** By TCP: null if it answers, else why not. */
  readonly tcp: string | null
  /** With an OPT record (RFC 6891): it answers, does not, or refuses. Null: not known. */
  readonly edns: 'works' | 'dropped' | 'refused' | null
  /**
   * An answer of more than 512 bytes by UDP: it came whole, came cut so that TCP is needed, or did not come.
   * `unknown`: the server has none, or does without EDNS.
   */
  readonly large: 'whole' | 'truncated' | 'lost' | 'unknown'
  readonly largeOctets: number | null
  /** NAT64 prefixes (RFC 7050). */
  readonly nat64: readonly string[]
}

/** How long one question waits. Four of them are the longest sequence. */
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
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

/** Asks everything about one server. Takes 6 s at most. */
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

  const askType = async (server: DnsServer, name: string, type: number) => {
    const query = (edns: typeof EDNS | null): Promise<Asked> =>
      ask(server, { name: wireName(name), type, edns }, 'udp', QUESTION_LIMIT_MS)
    const [first, edns] = await firstAnswer(query)
    if (!first.ok) return { report: { medianMs: null, code: first.code, rcode: null }, edns }
    const times = [first.ms]
    for (let round = 1; round < ROUNDS; round++) {
      const next = await query(edns === 'works' ? EDNS : null)
      if (!next.ok) break
      times.push(next.ms)
    }
    return { report: { medianMs: median(times), code: null, rcode: first.rcode }, edns }
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
    const id = word(answer.message, 0)
    const read = parseResponse(answer.message, { id, name, record: 'AAAA' })
    if (read.type !== 'addresses') return []
    return readPrefixes(read.addresses.map(formatIp)).map(formatCidr)
  }

  return async (server, name) => {
    const [a, aaaa, tcp, large, nat64] = await Promise.all([
      askType(server, name, TYPE.A),
      askType(server, name, TYPE.AAAA),
      askTcp(server, name),
      askLarge(server),
      askNat64(server),
    ])
    const edns = a.edns ?? aaaa.edns
    return {
      server: server.text,
      a: a.report,
      aaaa: aaaa.report,
      tcp,
      edns,
      ...(edns === 'works' ? large : { large: 'unknown', largeOctets: null }),
      nat64,
    }
  }
}
