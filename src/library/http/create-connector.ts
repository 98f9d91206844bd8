import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../../core/clock.ts'
import { formatHostPort, withoutBrackets } from '../../core/host-port.ts'
import { connectPath } from '../../net/node/connect-path.ts'
import { handshake } from '../../net/node/handshake.ts'
import { createSecure } from '../../net/node/secure.ts'
import { classifyHost } from '../../resolver/literal.ts'
import { checkObject } from '../check-argument.ts'
import { checkOptions } from '../check-options.ts'
import type { ConnectOptions } from '../connect.ts'
import { connect } from '../connect.ts'
import { hostParts } from '../host-parts.ts'
import { CONNECT_TIMEOUT_MS } from '../race-defaults.ts'
import type { RaceOptions } from '../race-options.ts'
import { agentTarget } from './agent-target.ts'

/**
 * How the connections of an undici dispatcher are raced. `timeoutMs` is 30,000 by default and covers
 * lookups, race and TLS handshake. `signal` ends all of the connector's races and handshakes, and the
 * later ones at once.
 */
export type ConnectorOptions = RaceOptions & {
  /** As `tls.connect` takes them: `ca`, `rejectUnauthorized`, `servername`, `ALPNProtocols` (`http/1.1` by default) ... */
  readonly tls?: ConnectionOptions | undefined
}

/** Where undici wants a connection to. */
export type ConnectorTarget = {
  readonly hostname: string
  /** With the port where it is not the protocol's own. */
  readonly host?: string | undefined
  readonly protocol: string
  /** Empty: that of the protocol. */
  readonly port: string
  readonly servername?: string | undefined
  readonly localAddress?: string | null | undefined
  readonly socketPath?: string | null | undefined
  /** A connection that is there already, through a proxy: only TLS is wanted. */
  readonly httpSocket?: Socket | undefined
  /** The dispatcher can speak HTTP/2. */
  readonly allowH2?: boolean | undefined
}

/** As undici calls it: the socket, connected and with its handshake done, or the error. */
export type Connector = (
  target: ConnectorTarget,
  callback: (...result: [null, Socket] | [Error, null]) => void,
) => void

/** Silence before the first keep-alive probe, in milliseconds, as undici's own connector has it. */
const KEEP_ALIVE_DELAY_MS = 60_000

/** The name in a host with or without a port; undefined for an address, which is no server name (RFC 6066 section 3). */
const serverNameOf = (host: string): string | undefined => {
  const name = host.replace(/:\d+$/, '')
  return classifyHost(name).kind === 'name' ? name : undefined
}

/** `createConnector` over other parts than this host's. */
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
  // Node listens for an abort that comes, and not for one that has come.
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
    // What the callback throws is no business of this promise.
    make(target).then(
      socket => process.nextTick(callback, null, socket),
      (error: Error) => process.nextTick(callback, error, null),
    )
  }
}

/**
 * A connector for undici whose connections are raced (RFC 8305): `new Agent({ connect:
 * createConnector() })` of undici 7 is a dispatcher for its own `fetch` and `request` and for the
 * built-in `fetch`. TLS sessions are resumed. A race that fails is the cause of what `fetch` rejects
 * with: a RaceError.
 *
 * undici does not tell its connector that a request was aborted or a dispatcher destroyed. The race
 * then goes on until it is won, fails or `timeoutMs` is over: undici keeps the connection for the next
 * request, or closes it where the dispatcher is gone. `signal` ends races at once.
 *
 * @throws ERR_INVALID_ARG for options that make no sense
 */
export const createConnector = (options: ConnectorOptions = {}): Connector =>
  createConnectorOver(options, { connect, clock: hostParts().clock })
