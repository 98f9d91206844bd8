import { roundMs } from '../core/duration.ts'
import { RCODE } from '../wire/dns/message.ts'
import { checkAgreement } from './check-agreement.ts'
import { finding, ok } from './findings.ts'
import type { ServerReport, TypeReport } from './server-report.ts'
import { answers, hasRecords, isFailure, isNoName, works } from './server-report.ts'
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

const time = ({ medianMs }: TypeReport): string => `${roundMs(medianMs ?? 0)} ms`

/** What can be said of a server that answers, beside its times. */
const findFaults = (report: ServerReport): readonly Finding[] => {
  const { server, name, a, aaaa, tcp, edns, large } = report
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
  for (const [type, other, record, otherRecord] of [
    [aaaa, a, 'AAAA', 'A'],
    [a, aaaa, 'A', 'AAAA'],
  ] as const) {
    if (!isNoName(type) || !hasRecords(other)) continue
    add(
      `dns.${record.toLowerCase()}`,
      'warning',
      `DNS server ${server} has ${otherRecord} records of ${name}, and says for ${record} that there is no such name (NXDOMAIN)`,
      'Correct or replace the server that has the name: others may take all of its records for missing (RFC 4074 section 4.2)',
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

/** What a server that answers says of a record type. */
const typeText = (record: string, type: TypeReport): string => {
  if (isNoName(type)) return `${record} in ${time(type)} (no such name)`
  return `${record} in ${time(type)}${type.records === 0 ? ' (none)' : ''}`
}

/**
 * Judges the servers, in the order in which they are asked.
 *
 * @param isNameGiven whether the name that they were asked for is the user's
 */
export const checkServers = (
  reports: readonly ServerReport[],
  isNameGiven: boolean,
): readonly Finding[] => {
  const hasOther = (report: ServerReport): boolean =>
    reports.some(other => other !== report && works(other))
  const each = reports.flatMap((report, i): readonly Finding[] => {
    const { server, a, aaaa } = report
    const facts = { ...report }
    const rest = hasOther(report) ? 'warning' : 'problem'
    const advice =
      i === 0 && reports.length > 1
        ? 'Move it behind the others or remove it (resolv.conf, or resolver.servers): each program waits for it first'
        : 'Correct or remove it (resolv.conf, or resolver.servers)'
    if (!answers(a) && !answers(aaaa)) {
      return [finding('dns.server', rest, `DNS server ${server} ${why(a.code)}`, advice, facts)]
    }
    if (!works(report)) {
      const failure = [a, aaaa].find(isFailure)
      const message = `DNS server ${server} answers ${rcodeText(failure?.rcode ?? 0)}`
      return [finding('dns.server', rest, message, advice, facts)]
    }
    const times = [
      ...(answers(a) ? [typeText('A', a)] : []),
      ...(answers(aaaa) ? [typeText('AAAA', aaaa)] : []),
    ]
    const message = `DNS server ${server} answers ${times.join(', ')} (${waysText(report)})`
    return [ok('dns.server', message, facts), ...findFaults(report)]
  })
  return [...each, ...checkAgreement(reports, isNameGiven)]
}
