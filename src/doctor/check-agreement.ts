import { finding } from './findings.ts'
import type { ServerReport } from './server-report.ts'
import { deniesName, hasName, hasRecords } from './server-report.ts'
import type { Finding } from './types.ts'

/** Servers that leave the AAAA records of a name out. */
const findFilters = (reports: readonly ServerReport[]): readonly Finding[] => {
  const other = reports.find(({ aaaa }) => hasRecords(aaaa))
  if (!other) return []
  return reports
    .filter(({ a, aaaa }) => hasRecords(a) && aaaa.records === 0)
    .map(({ server, name }) => {
      const message = `DNS server ${server} has no AAAA record of ${name}, and ${other.server} has`
      const advice =
        'Look for a filter of AAAA records in the first; where it answers, races have no IPv6'
      return finding('dns.differ', 'warning', message, advice, { server, name })
    })
}

/**
 * Judges what the servers say of one name: the first answer decides, also "no such name", and no other server is
 * asked then.
 *
 * @param isNameGiven whether the name is the user's
 */
export const checkAgreement = (
  reports: readonly ServerReport[],
  isNameGiven: boolean,
): readonly Finding[] => {
  const denying = reports.filter(deniesName)
  const servers = denying.map(({ server }) => server)
  const name = denying[0]?.name
  if (name === undefined) return findFilters(reports)
  const facts = { servers, name }
  const [who, says] =
    servers.length === 1 ? (['DNS server', 'says'] as const) : (['DNS servers', 'say'] as const)
  const message = `${who} ${servers.join(', ')} ${says} that there is no name ${name} (NXDOMAIN)`
  const knowing = reports.find(hasName)
  if (knowing) {
    const advice =
      'Use servers that know the same names: the first answer is final, and no other server is asked'
    const whole = `${message}, and ${knowing.server} has it`
    return [finding('dns.differ', 'warning', whole, advice, facts)]
  }
  if (isNameGiven) {
    const advice = 'See how it is written, and whether other networks know it'
    return [finding('dns.name', 'note', message, advice, facts)]
  }
  const advice =
    'Use a server that resolves the names of the Internet; in a network apart from it, name a target: eyeballd doctor HOST:PORT'
  return [finding('dns.name', 'warning', message, advice, facts)]
}
