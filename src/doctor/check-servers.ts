import { roundMs } from '../core/duration.ts'
import { RCODE } from '../wire/dns/message.ts'
import { finding, ok } from './findings.ts'
import type { ServerReport, TypeReport } from './probe-server.ts'
import type { Finding } from './types.ts'

/** From here on a server makes every new name wait noticeably. */
const SLOW_MS = 300

const RCODE_NAMES: Readonly<Record<number, string>> = {
  [RCODE.formatError]: 'FORMERR',
  [RCODE.serverFailure]: 'SERVFAIL',
  [RCODE.nameError]: 'NXDOMAIN',
  [RCODE.notImplemented]: 'NOTIMP',
  [RCODE.refused]: 'REFUSED',
}

const WHY: Readonly<Record<string, string>> = {
  ETIMEDOUT: 'does not answer',
  ECONNREFUSED: 'refuses (ECONNREFUSED)',
  ECONNRESET: 'closes the connection',
  ENETUNREACH: 'cannot be reached (ENETUNREACH)',
  EHOSTUNREACH: 'cannot be reached (EHOSTUNREACH)',
}

const why = (code: string | null): string => WHY[code ?? ''] ?? `fails (${code ?? ''})`

const rcodeText = (rcode: number): string => RCODE_NAMES[rcode] ?? `code ${rcode}`

const isFailure = ({ rcode }: TypeReport): boolean =>
  rcode !== null && rcode !== RCODE.noError && rcode !== RCODE.nameError

const answers = ({ medianMs }: TypeReport): boolean => medianMs !== null

const isSilent = ({ a, aaaa }: ServerReport): boolean => !answers(a) && !answers(aaaa)

const works = (report: ServerReport): boolean =>
  [report.a, report.aaaa].some(type => answers(type) && !isFailure(type))

const time = ({ medianMs }: TypeReport): string => `${roundMs(medianMs ?? 0)} ms`

/** What can be said of a server that answers, beside its times. */
const findFaults = (report: ServerReport): readonly Finding[] => {
  const { server, a, aaaa, tcp, edns, large } = report
  const facts = { server }
  const found: Finding[] = []
  const add = (...[id, severity, message, advice]: Parameters<typeof finding>): void =>
    void found.push(finding(id, severity, message, advice, facts))
  const isBroken = (type: TypeReport): boolean => !answers(type) || isFailure(type)
  const broken = (type: TypeReport): string =>
    answers(type) ? `answers ${rcodeText(type.rcode ?? 0)}` : why(type.code)
  if (isBroken(aaaa) && !isBroken(a)) {
    add(
      'dns.aaaa',
      'warning',
      `DNS server ${server} answers A, but for AAAA it ${broken(aaaa)}`,
      'Use another server (resolver.servers); until then each race waits resolutionDelay and has no IPv6',
    )
  }
  if (isBroken(a) && !isBroken(aaaa)) {
    add(
      'dns.a',
      'warning',
      `DNS server ${server} answers AAAA, but for A it ${broken(a)}`,
      'Use another server (resolver.servers); until then no race has IPv4',
    )
  }
  if (tcp !== null) {
    const isNeeded = large === 'truncated' || edns === 'dropped' || edns === 'refused'
    add(
      'dns.tcp',
      isNeeded ? 'problem' : 'warning',
      `DNS server ${server} ${why(tcp)} by TCP`,
      'Let TCP port 53 through: answers that do not fit into a datagram come by TCP only (RFC 7766)',
    )
  }
  if (edns === 'dropped') {
    add(
      'dns.edns',
      'warning',
      `DNS server ${server} does not answer queries with EDNS(0)`,
      'Replace the server or the firewall before it; eyeballd asks it without EDNS, after one timeout',
    )
  }
  if (edns === 'refused') {
    add(
      'dns.edns',
      'note',
      `DNS server ${server} refuses EDNS(0), so answers above 512 bytes come by TCP`,
      'Nothing; a newer server would save the second query',
    )
  }
  if (large === 'lost') {
    add(
      'dns.large',
      'warning',
      `DNS server ${server} answers small questions, but not one with a large answer`,
      'Look for a firewall that drops UDP answers above 512 bytes; or set options use-vc in resolv.conf',
    )
  }
  const slowest = Math.max(a.medianMs ?? 0, aaaa.medianMs ?? 0)
  if (slowest >= SLOW_MS) {
    add(
      'dns.slow',
      'warning',
      `DNS server ${server} takes ${Math.round(slowest)} ms for a name, and connections to new names wait for it`,
      'Use a nearer server (resolver.servers), or a caching one on this host',
    )
  }
  return found
}

const waysText = ({ tcp, edns, large, largeOctets }: ServerReport): string => {
  const ways = [
    'UDP',
    ...(tcp === null ? ['TCP'] : []),
    ...(edns === 'works' ? ['EDNS(0)'] : []),
    ...(large === 'whole' ? [`answers of ${largeOctets ?? 0} bytes`] : []),
  ]
  return ways.join(', ')
}

/** Judges the servers, in the order in which they are asked. */
export const checkServers = (reports: readonly ServerReport[]): readonly Finding[] => {
  const hasOther = (report: ServerReport): boolean =>
    reports.some(other => other !== report && works(other))
  return reports.flatMap((report, i): readonly Finding[] => {
    const { server, a, aaaa } = report
    const facts = { ...report }
    const rest = hasOther(report) ? 'warning' : 'problem'
    const advice =
      i === 0 && reports.length > 1
        ? 'Move it behind the others or remove it (resolv.conf, or resolver.servers): each program waits for it first'
        : 'Correct or remove it (resolv.conf, or resolver.servers)'
    if (isSilent(report)) {
      return [finding('dns.server', rest, `DNS server ${server} ${why(a.code)}`, advice, facts)]
    }
    if (!works(report)) {
      const failure = [a, aaaa].find(isFailure)
      const message = `DNS server ${server} answers ${rcodeText(failure?.rcode ?? 0)}`
      return [finding('dns.server', rest, message, advice, facts)]
    }
    const times = [
      ...(answers(a) ? [`A in ${time(a)}`] : []),
      ...(answers(aaaa) ? [`AAAA in ${time(aaaa)}`] : []),
    ]
    const message = `DNS server ${server} answers ${times.join(', ')} (${waysText(report)})`
    return [ok('dns.server', message, facts), ...findFaults(report)]
  })
}

/**
 * Judges NAT64 (RFC 7050).
 *
 * @param hasIpv4 whether there is a way out by IPv4
 */
export const checkNat64 = (
  reports: readonly ServerReport[],
  hasIpv4: boolean,
  nat64: string,
): readonly Finding[] => {
  if (!reports.some(works)) return []
  const prefixes = [...new Set(reports.flatMap(report => report.nat64))]
  const facts = { prefixes, configured: nat64 }
  if (prefixes.length > 0) {
    const message = `This network has NAT64: ${prefixes.join(', ')}`
    return nat64 === 'off' && !hasIpv4
      ? [
          finding(
            'nat64',
            'warning',
            `${message}, and resolver.nat64 is off`,
            'Set resolver.nat64: auto',
            facts,
          ),
        ]
      : [ok('nat64', message, facts)]
  }
  if (hasIpv4 || (nat64 !== 'off' && nat64 !== 'auto'))
    return [ok('nat64', 'This network announces no NAT64', facts)]
  const message = 'This host has IPv6 alone, and no DNS server announces NAT64'
  const advice =
    'Ask for a DNS64 server, or give the prefix (resolver.nat64); targets without IPv6 fail until then'
  return [finding('nat64', 'problem', message, advice, facts)]
}
