import type { Config } from '../config/types.ts'
import { codeOf } from '../core/fail.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { ListenAddress, SocketAddress } from '../core/listen-address.ts'
import { formatListenAddress, reachableAddress } from '../core/listen-address.ts'
import { encodeGreeting } from '../wire/socks5/encode.ts'
import { finding, ok } from './findings.ts'
import type { DaemonReport, DoctorHost, Finding } from './types.ts'

const LIMIT_MS = 1500

/** The version and the method of a SOCKS5 server's first answer (RFC 1928 section 3). */
const GREETED_BYTES = 2
const VERSION = 5

/** `HTTP/1.1 `, and the status code. */
const STATUS_BYTES = 12

type Use = {
  readonly address: SocketAddress
  /** What the configuration has there: the name of a listener, or the endpoint. */
  readonly what: string
  /** How a client sees that a daemon is there. `unseen`: what is sent would reach a target, or be refused. */
  readonly how: 'socks' | 'admin' | 'unseen'
  /** One of several addresses of the defaults, of which one is enough. */
  readonly optional: boolean
}

/** What was found at an address; `code` is the errno's name. */
type Looked =
  | { readonly type: 'free' }
  | { readonly type: 'taken'; readonly by: 'daemon' | 'other' | 'unknown' }
  | { readonly type: 'refused' | 'no-folder' | 'no-right' | 'other-file' }
  | { readonly type: 'failed'; readonly code: string }

/** Sockets that systemd passes are its own affair: only the daemon gets them. */
const opened = (listen: readonly ListenAddress[]): readonly SocketAddress[] =>
  listen.flatMap(address => (address.type === 'systemd' ? [] : [address]))

const usesOf = ({ listeners, admin }: Config): readonly Use[] => [
  ...listeners.flatMap(({ listen, name, protocol, proxyProtocol, optionalAddresses: optional }) =>
    opened(listen).map((address): Use => ({
      address,
      what: `listener ${name}`,
      how: protocol === 'forward' || proxyProtocol ? 'unseen' : 'socks',
      optional,
    })),
  ),
  ...opened(admin.listen).map((address): Use => ({
    address,
    what: 'the admin endpoint',
    how: 'admin',
    optional: admin.optionalAddresses,
  })),
]

const isDaemon = async ({ address, how }: Use, { exchange }: DoctorHost): Promise<boolean> => {
  const at = reachableAddress(address)
  if (how === 'socks') {
    const [version] = await exchange(at, encodeGreeting(), GREETED_BYTES, LIMIT_MS)
    return version === VERSION
  }
  const host = at.type === 'tcp' ? formatHostPort(at) : 'localhost'
  const request = `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
  const answer = await exchange(at, new TextEncoder().encode(request), STATUS_BYTES, LIMIT_MS)
  return /^HTTP\/1\.\d (?:200|503)$/.test(new TextDecoder().decode(answer))
}

/** Who answers at an address that is taken. */
const whoAnswers = async (use: Use, host: DoctorHost): Promise<Looked> => {
  if (use.how === 'unseen') return { type: 'taken', by: 'unknown' }
  try {
    return { type: 'taken', by: (await isDaemon(use, host)) ? 'daemon' : 'other' }
  } catch (error) {
    const code = codeOf(error)
    if (use.address.type === 'tcp') return { type: 'taken', by: 'other' }
    if (code === 'EACCES' || code === 'EPERM') return { type: 'refused' }
    // A socket file on which nobody listens is replaced.
    return code === 'ECONNREFUSED' || code === 'ENOENT'
      ? { type: 'free' }
      : { type: 'taken', by: 'other' }
  }
}

const lookAt = async (use: Use, host: DoctorHost): Promise<Looked> => {
  const { address } = use
  if (address.type === 'unix') {
    const type = host.socketPath(address.path)
    return type === 'socket' ? whoAnswers(use, host) : { type }
  }
  const code = await host.tryListen(address)
  if (code === null) return { type: 'free' }
  return code === 'EADDRINUSE' ? whoAnswers(use, host) : { type: 'failed', code }
}

/** What is known of a daemon that runs. */
type Running = {
  /** The addresses of its listeners; null: not known. */
  readonly addresses: readonly string[] | null
  /** An address at which a daemon answers; undefined: none. */
  readonly seenAt: string | undefined
}

/** Whether a daemon has the address, perhaps by a wildcard. */
const serves = ({ addresses }: Running, address: SocketAddress): boolean => {
  const texts = [address, ...(address.type === 'tcp' ? wildcards(address) : [])]
  return texts.some(each => addresses?.includes(formatListenAddress(each)) === true)
}

const wildcards = ({ host, port }: { readonly host: string; readonly port: number }) => [
  { type: 'tcp' as const, host: host.includes(':') ? '::' : '0.0.0.0', port },
]

const findCommand = (address: SocketAddress): string =>
  address.type === 'tcp' ? `ss -ltnp 'sport = :${address.port}'` : `ss -lxp src ${address.path}`

const served = ({ address, what }: Use): Finding => {
  const shown = formatListenAddress(address)
  const facts = { address: shown, use: what }
  return ok('port', `${shown} is served by the running daemon, for ${what}`, facts)
}

const CERTAIN = 'Nothing, if a daemon is meant to run; --admin asks it for its addresses'

const takenFinding = (use: Use, by: 'daemon' | 'other' | 'unknown', running: Running): Finding => {
  const { address, what, how } = use
  const shown = formatListenAddress(address)
  const facts = { address: shown, use: what }
  const isKnown = running.addresses !== null
  if (isKnown && by !== 'other' && (how === 'admin' || serves(running, address))) return served(use)
  const see = `ee which program it is (${findCommand(address)}), and end it or choose another address`
  const kind = how === 'admin' ? 'an admin endpoint' : 'a SOCKS5 proxy'
  if (by === 'daemon' && !isKnown) {
    const message = `${shown} is served already: ${kind} answers there, most likely this daemon`
    return finding('port', 'note', message, CERTAIN, { ...facts, answers: kind })
  }
  if (by === 'unknown' && !isKnown) {
    const message = `${shown}, meant for ${what}, is taken`
    return running.seenAt === undefined
      ? finding(
          'port',
          'warning',
          `${message}, by this daemon or by another program`,
          `If this daemon does not run, s${see}`,
          facts,
        )
      : finding(
          'port',
          'note',
          `${message}, most likely by the daemon that answers at ${running.seenAt}`,
          CERTAIN,
          facts,
        )
  }
  const answers = by === 'daemon' ? `, as which ${kind} answers` : ''
  const message = `${shown}, meant for ${what}, is taken by another program${answers}`
  return finding('port', 'problem', message, `S${see}`, { ...facts, code: 'EADDRINUSE' })
}

const failedFinding = ({ address, what, optional }: Use, code: string): Finding => {
  const shown = formatListenAddress(address)
  const facts = { address: shown, use: what, code }
  if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') {
    const message = `This host does not have the address ${shown}, meant for ${what}`
    return optional
      ? finding(
          'port',
          'note',
          message,
          'Nothing: one of the addresses of a listener is enough',
          facts,
        )
      : finding('port', 'problem', message, 'Choose an address of this host (ip address)', facts)
  }
  const isPrivileged = code === 'EACCES' || code === 'EPERM'
  const advice = isPrivileged
    ? 'Choose a port from 1024 on, or give the capability CAP_NET_BIND_SERVICE'
    : 'Choose another address'
  return finding('port', 'problem', `${what} cannot listen on ${shown} (${code})`, advice, facts)
}

const findingOf = (use: Use, looked: Looked, running: Running): Finding => {
  const { address, what } = use
  const shown = formatListenAddress(address)
  const facts = { address: shown, use: what }
  if (looked.type !== 'free' && address.type === 'unix' && serves(running, address))
    return served(use)
  const say = (severity: 'warning' | 'problem', message: string, advice: string): Finding =>
    finding('port', severity, `${shown}, meant for ${what}, ${message}`, advice, facts)
  switch (looked.type) {
    case 'free':
      return ok('port', `${shown} is free for ${what}`, facts)
    case 'taken':
      return takenFinding(use, looked.by, running)
    case 'failed':
      return failedFinding(use, looked.code)
    case 'refused':
      return say(
        'warning',
        'is a socket to which this user may not connect',
        "Run the doctor as the daemon's user, or as root",
      )
    case 'no-right':
      return say(
        'warning',
        'cannot be created by this user',
        "Run the doctor as the daemon's user; if that is this one, give it the right to write there",
      )
    case 'no-folder':
      return say(
        'warning',
        'has a folder that does not exist',
        'Create it; for a service, RuntimeDirectory= does at its start',
      )
    case 'other-file':
      return say('problem', 'is a file, and no socket', 'Remove it, or choose another path')
  }
}

/**
 * Looks at the addresses of a configuration: whether they are free, and who answers there.
 *
 * @param daemon a running one; null: none was asked
 */
export const checkPorts = async (
  host: DoctorHost,
  config: Config,
  daemon: DaemonReport | null,
): Promise<readonly Finding[]> => {
  const looked = await Promise.all(
    usesOf(config).map(async use => [use, await lookAt(use, host)] as const),
  )
  const seen = looked.find(([, found]) => found.type === 'taken' && found.by === 'daemon')
  const running: Running = {
    addresses: daemon?.ok === true ? daemon.status.listeners.flatMap(each => each.addresses) : null,
    seenAt: seen && formatListenAddress(seen[0].address),
  }
  return looked.map(([use, found]) => findingOf(use, found, running))
}
