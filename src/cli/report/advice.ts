import type { HistoryAnswer } from '../../admin/api.ts'
import type { FailureGroups, Group } from './failure-groups.ts'
import { NO_TARGET } from './failure-groups.ts'

type Result = ReturnType<FailureGroups['result']>

/** From so many networks of IPv6 on, with none of IPv4, this host is the likely place of the fault. */
const NETWORKS_OF_ONE_FAULT = 3

const UNREACHABLE: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL'])

/** No names of targets: there was none, or `log.redact` masks it. */
const NAMELESS: ReadonlySet<string> = new Set([NO_TARGET, '[Redacted]'])

/** Of a target, or of the first of several. */
const hostOf = (target: string): string =>
  (target.split(',')[0] ?? '').replace(/:\d+$/, '').replaceAll(/[[\]]/g, '')

/** What to do about one network, by why it fails most. */
export const adviceFor = ({ key, reasons, others }: Group): string => {
  const [reason = ''] = reasons[0] ?? []
  const known = others.map(([other]) => other).find(other => !NAMELESS.has(other))
  if (known === undefined) return 'eyeballd doctor, on the host of the daemon'
  // A forward may race several targets as one.
  const name = known.replaceAll(',', ' ')
  const family = key.includes(':') ? 6 : 4
  if (reason === 'ECONNREFUSED' || reason === 'ECONNRESET')
    return `nothing serves there: ask the owner of ${name} to correct its ${family === 6 ? 'AAAA' : 'A'} records`
  if (UNREACHABLE.has(reason)) return `there is no route: eyeballd doctor ${name}`
  return `packets are lost on the way: eyeballd doctor ${name}, traceroute -${family} ${hostOf(known)}`
}

/** One sentence about all of it, if there is one fault that explains most; null if not. */
export const adviceForAll = ({ prefixes }: Result): string | null => {
  const six = prefixes.filter(({ key, hidden }) => hidden > 0 && key.includes(':'))
  const four = prefixes.filter(({ key, hidden }) => hidden > 0 && !key.includes(':'))
  if (six.length < NETWORKS_OF_ONE_FAULT || four.length > 0) return null
  return `all ${six.length} networks that fail are IPv6, so the IPv6 of this host or its network is likely broken: eyeballd doctor`
}

/** Until when a network is demoted: itself, or an address in it; null if it is not. */
export const demotedUntil = (
  key: string,
  { demoted }: HistoryAnswer,
  prefixOf: (address: string) => string,
): number | null => {
  const found = demoted.filter(({ prefix }) => prefix === key || prefixOf(prefix) === key)
  return found.length === 0 ? null : Math.max(...found.map(({ until }) => until))
}
