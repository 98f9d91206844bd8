import type { Config } from '../config/types.ts'
import type { HostPort } from '../core/host-port.ts'
import { formatHostPort } from '../core/host-port.ts'
import { parseIp } from '../core/ip.ts'
import { readServer, readServers } from '../resolver/dns/servers.ts'
import { parseResolvConf } from '../resolver/resolv-conf.ts'
import { createAskServer } from './ask-server.ts'
import { checkDaemon } from './check-daemon.ts'
import { checkHost } from './check-host.ts'
import { checkNat64 } from './check-nat64.ts'
import { checkPorts } from './check-ports.ts'
import { checkResolvConf } from './check-resolv-conf.ts'
import { checkRoutes } from './check-routes.ts'
import { checkServers } from './check-servers.ts'
import type { TargetReport } from './check-targets.ts'
import { checkTarget } from './check-targets.ts'
import { finding } from './findings.ts'
import { createProbeServer } from './probe-server.ts'
import type { DaemonReport, DoctorHost, Finding } from './types.ts'

/** The whole examination: its findings in the order in which they are shown. */
export type Examination = {
  readonly findings: readonly Finding[]
  readonly targets: readonly TargetReport[]
}

/** The name that servers are asked for if no target has one. */
const NAME = 'example.com'

/** Of the first target whose name is DNS's alone; one without a dot belongs to a search domain. */
const nameOf = (targets: readonly HostPort[]): string | undefined =>
  targets
    .map(({ host }) => host.replace(/\.$/, ''))
    .find(host => !parseIp(host) && host.includes('.') && !/\.local(?:host)?$/i.test(host))

/** Servers that are asked: a resolv.conf can have hundreds. */
const SERVERS_MAX = 8

const RESOLV_CONF = '/etc/resolv.conf'

/** The DNS servers in force, and the findings on their configuration. */
const readDns = (host: DoctorHost, { resolver }: Config) => {
  const text = host.readText(RESOLV_CONF)
  const conf = parseResolvConf(text ?? '', host.env)
  const given = resolver.servers && readServers(resolver.servers.map(formatHostPort))
  const system =
    conf.servers.length > 0
      ? conf.servers
      : host.systemServers().flatMap(server => readServer(server) ?? [])
  const servers = given ?? system
  const found: Finding[] = []
  const names = text === null ? 'cannot be read' : 'names none'
  if (servers.length === 0) {
    const message = `There is no DNS server: ${RESOLV_CONF} ${names}`
    const advice = 'Connect to a network, or give one (--dns, resolver.servers)'
    found.push(finding('dns.server', 'problem', message, advice))
  } else if (!given && conf.servers.length === 0) {
    const asked = system.map(server => server.text)
    const message = `${RESOLV_CONF} ${names}: DNS servers are asked at the default, ${asked.join(', ')}`
    const advice = 'If none runs there, give one (resolv.conf, or --dns, resolver.servers)'
    found.push(finding('resolv.servers', 'note', message, advice, { servers: asked }))
  }
  const inForce = {
    ...conf,
    search: resolver.search ?? conf.search,
    timeoutMs: resolver.timeoutMs ?? conf.timeoutMs,
  }
  found.push(
    ...checkResolvConf(
      inForce,
      servers.map(({ text: server }) => server),
    ),
  )
  return { servers, findings: found }
}

const OFFLINE = finding(
  'offline',
  'note',
  'DNS servers and targets were not tried, because of --offline',
  'Leave --offline out to try them',
)

/**
 * Examines this host. All probes run side by side, each with a limit.
 *
 * @param isOffline leaves out what leaves the host
 * @param daemon a running daemon; null: there is none to ask. It does not reject
 */
export const examine = async (
  host: DoctorHost,
  config: Config,
  targets: readonly HostPort[],
  {
    isOffline,
    daemon,
  }: { readonly isOffline: boolean; readonly daemon: Promise<DaemonReport | null> },
): Promise<Examination> => {
  const dns = readDns(host, config)
  const probeServer = createProbeServer(createAskServer(host))
  const name = nameOf(targets)
  const asked = isOffline ? [] : dns.servers.slice(0, SERVERS_MAX)
  const [routes, ports, own, servers, reports] = await Promise.all([
    checkRoutes(host),
    daemon.then(running => checkPorts(host, config, running)),
    daemon.then(running => checkHost(host, config, running)),
    Promise.all(asked.map(server => probeServer(server, name ?? NAME))),
    Promise.all(isOffline ? [] : targets.map(target => checkTarget(target, host))),
  ])
  const hasIpv4 = routes.some(({ id, severity }) => id === 'route.ipv4' && severity === 'ok')
  const findings = [
    ...routes,
    ...checkServers(servers, name !== undefined && name !== NAME),
    ...dns.findings,
    ...checkNat64(servers, hasIpv4, config.resolver.nat64),
    ...reports.flatMap(report => report.findings),
    ...own,
    ...ports,
    ...checkDaemon(await daemon),
    ...(isOffline ? [OFFLINE] : []),
  ]
  return { findings, targets: reports }
}
