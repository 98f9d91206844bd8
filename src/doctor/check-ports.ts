import type { Config } from '../config/types.ts'
import { codeOf } from '../core/fail.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { ListenAddress, SocketAddress } from '../core/listen-address.ts'
import { formatListenAddress } from '../core/listen-address.ts'
import { encodeGreeting } from '../wire/socks5/encode.ts'
import { finding, ok } from './findings.ts'
import type { DoctorHost, Finding } from './types.ts'

/** A client cannot connect to a wildcard address, so loopback stands for it. */
const reachable = (address: SocketAddress): SocketAddress => {
  if (address.type === 'unix') return address
  if (address.host === '0.0.0.0') return { ...address, host: '127.0.0.1' }
  return address.host === '::' ? { ...address, host: '::1' } : address
}

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
  readonly how: 'socks' | 'admin' | 'other'
  /** One of several addresses of the defaults, of which one is enough. */
  readonly optional: boolean
}

/** Sockets that systemd passes are its own affair: only the daemon gets them. */
const opened = (listen: readonly ListenAddress[]): readonly SocketAddress[] =>
  listen.flatMap(address => (address.type === 'systemd' ? [] : [address]))

const usesOf = ({ listeners, admin }: Config): readonly Use[] => [
  ...listeners.flatMap(({ listen, name, protocol, optionalAddresses: optional }) =>
    opened(listen).map((address): Use => ({
      address,
      what: `listener ${name}`,
      how: protocol === 'forward' ? 'other' : 'socks',
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

/** Who answers at an address that is taken. */
const whoAnswers = async (
  { address, how }: Use,
  { exchange }: DoctorHost,
): Promise<'daemon' | 'other' | 'nobody'> => {
  const at = reachable(address)
  try {
    if (how === 'admin') {
      const host = at.type === 'tcp' ? formatHostPort(at) : 'localhost'
      const request = `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
      const answer = await exchange(at, new TextEncoder().encode(request), STATUS_BYTES, LIMIT_MS)
      return /^HTTP\/1\.\d (?:200|503)$/.test(new TextDecoder().decode(answer)) ? 'daemon' : 'other'
    }
    if (how === 'other') return 'other'
    const [version] = await exchange(at, encodeGreeting(), GREETED_BYTES, LIMIT_MS)
    return version === VERSION ? 'daemon' : 'other'
  } catch (error) {
    const code = codeOf(error)
    return code === 'ECONNREFUSED' || code === 'ENOENT' ? 'nobody' : 'other'
  }
}

const checkUse = async (use: Use, host: DoctorHost): Promise<Finding> => {
  const { address, what, how, optional } = use
  const shown = formatListenAddress(address)
  const facts = { address: shown, use: what }
  const free = ok('port', `${shown} is free for ${what}`, facts)
  const code = address.type === 'tcp' ? await host.tryListen(address) : 'EADDRINUSE'
  if (code === null) return free
  if (code === 'EADDRINUSE') {
    const who = await whoAnswers(use, host)
    if (who === 'daemon') {
      const kind = how === 'admin' ? 'an admin endpoint' : 'a SOCKS5 proxy'
      const message = `${shown} is served already: ${kind} answers there, most likely this daemon`
      return finding('port', 'note', message, null, { ...facts, answers: kind })
    }
    if (address.type === 'unix' && who === 'nobody') return free
    const find =
      address.type === 'tcp' ? `ss -ltnp 'sport = :${address.port}'` : `ss -lxp src ${address.path}`
    const advice = `See which program it is (${find}), and end it or choose another address`
    const message = `${shown}, meant for ${what}, is taken by another program`
    return finding('port', 'problem', message, advice, { ...facts, code })
  }
  if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') {
    const message = `This host does not have the address ${shown}, meant for ${what}`
    return optional
      ? finding('port', 'note', message, null, { ...facts, code })
      : finding('port', 'problem', message, 'Choose an address of this host (ip address)', {
          ...facts,
          code,
        })
  }
  const isPrivileged = code === 'EACCES' || code === 'EPERM'
  const advice = isPrivileged
    ? 'Choose a port from 1024 on, or give the capability CAP_NET_BIND_SERVICE'
    : 'Choose another address'
  return finding('port', 'problem', `${what} cannot listen on ${shown} (${code})`, advice, {
    ...facts,
    code,
  })
}

/** Looks at the addresses of a configuration: whether they are free, and who answers there. */
export const checkPorts = async (host: DoctorHost, config: Config): Promise<readonly Finding[]> =>
  Promise.all(usesOf(config).map(use => checkUse(use, host)))
