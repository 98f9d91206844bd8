import { roundMs } from '../core/duration.ts'
import type { HostPort } from '../core/host-port.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { Family } from '../core/ip.ts'
import { parseIp } from '../core/ip.ts'
import type { RaceReport } from '../eyeballs/race/report.ts'
import { raceReport } from '../eyeballs/race/report.ts'
import type { RaceTrace } from '../eyeballs/race/types.ts'
import type { ProbeResult } from '../net/node/tls-probe.ts'
import { finding, ok, within } from './findings.ts'
import type { DoctorHost, Finding } from './types.ts'

/** What was found for one target, and its race. */
export type TargetReport = {
  readonly findings: readonly Finding[]
  readonly race: RaceReport
  readonly trace: RaceTrace
}

/** Lookups, and then the connections of each family: together less than 10 s. */
const LOOKUP_LIMIT_MS = 4000
const PROBE_LIMIT_MS = 4000

/** The port whose servers speak TLS at once. */
const HTTPS = 443

const CLOCK_CODES: ReadonlySet<string> = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'])

type Probed = ProbeResult & {
  readonly address: string
  readonly family: Family
  readonly mtu: number | null
}

const probe = async (
  { host: name, port }: HostPort,
  record: 'A' | 'AAAA',
  host: DoctorHost,
): Promise<Probed | null> => {
  const answer = await within(
    LOOKUP_LIMIT_MS,
    host.clock,
    Promise.resolve(host.races.lookup(name, record)),
    null,
  )
  const address = answer?.ok === true ? answer.addresses[0] : undefined
  if (address === undefined) return null
  // RFC 6066 section 3: a name without its final dot, and no address.
  const servername = port !== HTTPS ? null : parseIp(name) ? '' : name.replace(/\.$/, '')
  const result = await host.probeTls({ address, port, servername }, PROBE_LIMIT_MS)
  const family = address.includes(':') ? 6 : 4
  return { ...result, address, family, mtu: host.pathMtu(address) }
}

const isSilentInTls = ({ connectMs, code }: Probed): boolean =>
  connectMs !== null && code === 'ETIMEDOUT'

const findFamily = (target: string, probed: Probed, other: Probed | null): readonly Finding[] => {
  const { address, family, connectMs, tlsMs, code, certificate, mtu } = probed
  const id = `target.ipv${family}`
  const facts = {
    target,
    ...probed,
    connectMs: connectMs && roundMs(connectMs),
    tlsMs: tlsMs && roundMs(tlsMs),
  }
  const name = `${target} by IPv${family} (${address})`
  if (isSilentInTls(probed)) {
    const isWorse = other !== null && other.tlsMs !== null
    const message = `${name} connects, and the TLS handshake gets no answer: large packets may be lost on the path (MTU black hole)`
    const advice =
      'Let ICMP "packet too big" through, or lower the MTU; meanwhile eyeballs.confirm: tls races such targets to the end'
    return [
      finding('mtu.black-hole', isWorse ? 'problem' : 'warning', message, advice, {
        ...facts,
        mtu,
      }),
    ]
  }
  if (connectMs === null) {
    const what =
      code === 'ETIMEDOUT'
        ? `does not answer within ${PROBE_LIMIT_MS / 1000} s`
        : `fails (${code ?? ''})`
    const isCovered = other !== null && other.connectMs !== null
    const advice = isCovered
      ? `Connections use IPv${other.family} after a delay; see the routes above, and traceroute -${family} ${address}`
      : `See the routes above, and traceroute -${family} ${address}`
    return [finding(id, 'warning', `${name} ${what}`, advice, facts)]
  }
  if (code !== null) {
    const message = `${name} connects in ${roundMs(connectMs)} ms, and the TLS handshake fails (${code})`
    const advice =
      'See whether the server speaks TLS on this port; if the other family does, look for a proxy or firewall on the path of this one'
    return [finding(id, 'warning', message, advice, facts)]
  }
  const times = [
    `connects in ${roundMs(connectMs)} ms`,
    ...(tlsMs === null ? [] : [`TLS after ${roundMs(tlsMs)} ms`]),
  ]
  const found = [ok(id, `${name} ${times.join(', ')}`, facts)]
  if (certificate !== null && CLOCK_CODES.has(certificate)) {
    const message = `The certificate of ${target} is not valid now (${certificate})`
    found.push(
      finding('clock', 'warning', message, "Compare this host's clock with another one", facts),
    )
  }
  return found
}

const raceFinding = (race: RaceReport): Finding => {
  const { target, outcome, winner, hidden, durationMs, error } = race
  const facts = { target, outcome }
  if (outcome === 'won' && winner) {
    const message = `${target} won by ${formatHostPort({ host: winner.address, port: winner.port })} after ${Math.round(durationMs)} ms`
    return hidden
      ? finding(
          'race',
          'warning',
          `${message}, because a better address failed: a hidden failure`,
          'See its timeline and the findings on this target; programs without Happy Eyeballs wait here',
          facts,
        )
      : ok('race', message, facts)
  }
  const why = error?.message ?? 'it took too long'
  return finding(
    'race',
    'problem',
    `${target} cannot be reached: ${why}`,
    'See its timeline, and the findings above',
    facts,
  )
}

/** Races one target, and tries one address of each family by itself. */
export const checkTarget = async (target: HostPort, host: DoctorHost): Promise<TargetReport> => {
  const [{ trace }, six, four] = await Promise.all([
    host.races.dial({ targets: [target] }).then(result => {
      if (result.outcome === 'won') result.socket.destroy()
      return result
    }),
    probe(target, 'AAAA', host),
    probe(target, 'A', host),
  ])
  const shown = formatHostPort(target)
  const race = raceReport(trace, shown)
  const findings = [
    raceFinding(race),
    ...(six ? findFamily(shown, six, four) : []),
    ...(four ? findFamily(shown, four, six) : []),
  ]
  return { findings, race, trace }
}
