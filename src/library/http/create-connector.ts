import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../../core/clock.ts'
import { formatHostPort, withoutBrackets } from '../../core/host-port.ts'
import { connectPath } from '../../net/node/plain-connect.ts'
import { createSecure, handshake } from '../../net/node/secure.ts'
import { classifyHost } from '../../resolver/literal.ts'
import { checkObject } from '../check-argument.ts'
import type { ConnectOptions } from '../connect.ts'
import { connect } from '../connect.ts'
import { hostParts } from '../race-once.ts'
import type { RaceOptions } from '../race-options.ts'
import { CONNECT_TIMEOUT_MS, checkOptions } from '../race-options.ts'
import { agentTarget } from './agent-target.ts'

/**
 * How an undici dispatcher's connections are raced. `timeoutMs` is 30,000 by default and includes lookups,
 * race and TLS handshake. `signal` ends all races and handshakes of the connector, and every later one at
 * its start.
 */
export type ConnectorOptions = RaceOptions & {
  /**
   * Options for `tls.connect`: `ca`, `rejectUnauthorized`, `servername`, `ALPNProtocols` (`http/1.1` by
   * default) ...
   */
  readonly tls?: ConnectionOptions | undefined
}

/** The target of a connection, as undici passes it. */
export type ConnectorTarget = {
  readonly hostname: string
  /** With the port unless it is the protocol's default. */
  readonly host?: string | undefined
  readonly protocol: string
  /** Empty: the protocol's default port. */
  readonly port: string
  readonly servername?: string | undefined
  readonly localAddress?: string | null | undefined
  readonly socketPath?: string | null | undefined
  /** An existing connection through a proxy: only the TLS handshake is missing. */
  readonly httpSocket?: Socket | undefined
  /** The dispatcher can speak HTTP/2. */
  readonly allowH2?: boolean | undefined
}

/** undici's connector interface: calls back with the connected socket, after any TLS handshake, or with the error. */
export type Connector = (
  target: ConnectorTarget,
  callback: (...result: [null, Socket] | [Error, null]) => void,
) => void

/** Idle time before the first keep-alive probe, in milliseconds, as in undici's own connector. */
const KEEP_ALIVE_DELAY_MS = 60_000

/**
 * The name in a host with or without a port; undefined for an address, which cannot be a server name (RFC
 * 6066 section 3).
 */
const serverNameOf = (host: string): string | undefined => {
  const name = host.replace(/:\d+$/, '')
  return classifyHost(name).kind === 'name' ? name : undefined
}

/** `createConnector` with injected parts instead of this host's. */
export const createConnectorOver = (
  options: ConnectorOptions,
  {
    connect: dial,
    clock,
  }: {
    readonly connect: (options: ConnectOptions) => Promise<Socket>
    readonly clock: Clock
  },
): Connector => {
  const { timeoutMs } = checkOptions(options, CONNECT_TIMEOUT_MS)
  const { tls = {}, signal, ...race } = options
  checkObject(tls, 'options.tls')
  const secure = createSecure()
  // Node notices an abort that happens later, but not a signal that is already aborted.
  const ends = signal ?? new AbortController().signal

  const secured = (
    socket: Socket,
    target: ConnectorTarget,
    port: number,
    limitMs: number | null,
  ): Promise<Socket> => {
    const host = withoutBrackets(target.hostname)
    const where = formatHostPort({ host, port })
    const servername = target.servername || tls.servername || serverNameOf(target.host ?? host)
    const ALPNProtocols = target.allowH2 === true ? ['http/1.1', 'h2'] : ['http/1.1']
    const tlsOptions = { ALPNProtocols, ...tls, host, ...(servername && { servername }) }
    const begun = secure(socket, tlsOptions, `${servername ?? ''} ${where}`)
    return handshake(begun, { limitMs, signal, clock, where })
  }

  const make = async (target: ConnectorTarget): Promise<Socket> => {
    const begunAt = clock.now()
    const isSecure = target.protocol === 'https:'
    const port = Number(target.port) || (isSecure ? 443 : 80)
    const { hostname: host, localAddress, socketPath, httpSocket } = target
    const socket =
      httpSocket ??
      (socketPath
        ? await connectPath(socketPath, ends)
        : await dial({
            ...race,
            timeoutMs,
            ...(signal && { signal }),
            ...(await agentTarget({ host, port, localAddress }, port, ends)),
          }))
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS)
    if (!isSecure) return socket
    const limitMs = timeoutMs === null ? null : timeoutMs - (clock.now() - begunAt)
    try {
      return await secured(socket, target, port, limitMs)
    } catch (error) {
      socket.destroy()
      throw error
    }
  }

  return (target, callback) => {
    // An error that the callback throws must not reject this promise.
    make(target).then(
      socket => process.nextTick(callback, null, socket),
      (error: Error) => process.nextTick(callback, error, null),
    )
  }
}

/**
 * Creates a connector for undici that races its connections (RFC 8305): `new Agent({ connect:
 * createConnector() })` of undici 7 is a dispatcher for undici's own `fetch` and `request` and for the
 * built-in `fetch`. TLS sessions are resumed. If a race fails, `fetch` rejects with an error whose cause is
 * a RaceError.
 *
 * undici does not notify its connector when a request is aborted or a dispatcher is destroyed. The race
 * then continues until it is won, fails or `timeoutMs` passes; undici keeps the connection for the next
 * request, or closes it if the dispatcher is destroyed. `signal` ends races at once.
 *
 * @throws ERR_INVALID_ARG for invalid options
 */
export const createConnector = (options: ConnectorOptions = {}): Connector =>
  createConnectorOver(options, { connect, clock: hostParts().clock })
