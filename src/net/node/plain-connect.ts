import type { TcpNetConnectOpts } from 'node:net'
import { Socket, connect as connectTo } from 'node:net'
import { fail } from '../../core/fail.ts'
import { formatHostPort } from '../../core/host-port.ts'
import { ignoreErrors } from '../../core/stream-socket.ts'
import type { Family } from '../../core/ip.ts'
import type { Connect, Endpoint, NotConnected } from '../network.ts'
import { createNodeConnect } from './node-connect.ts'

/** A local address to connect from: canonical text with its zone; port 0 means any free one. */
export type LocalEnd = Endpoint

const unavailable = ({ address, port }: Endpoint, why: string, cause?: Error): NotConnected => {
  const code = 'EADDRNOTAVAIL'
  const message = `connect ${code} ${formatHostPort({ host: address, port })}: ${why}`
  return { ok: false, code, message, sent: false, error: fail(code, message, {}, cause) }
}

/** The system's error if bind(2) failed, undefined if something else failed. */
const bindError = ({ error }: NotConnected): Error | undefined =>
  error && 'syscall' in error && error.syscall === 'bind' ? error : undefined

/**
 * Connects from given local addresses, using the first of the attempt's family that can be bound. A failed
 * bind destroys its socket, so each further address gets a new one.
 *
 * If no address of the family can be bound, the attempt fails with EADDRNOTAVAIL, its message names the
 * failures, and no packet was sent.
 *
 * @param locals local addresses, in the order in which they are tried
 * @param from creates the `Connect` of one local address
 */
export const createBoundConnect =
  <S>(locals: readonly LocalEnd[], from: (local: LocalEnd) => Connect<S>): Connect<S> =>
  (endpoint, settle) => {
    const [first, ...others] = locals.filter(({ family }) => family === endpoint.family)
    if (!first) {
      let open = true
      const why = `there is no IPv${endpoint.family} address among the local ones`
      process.nextTick(() => {
        if (open) settle(unavailable(endpoint, why))
      })
      return () => (open = false)
    }
    const failures: Error[] = []
    const tryAt = (local: LocalEnd, [next, ...rest]: readonly LocalEnd[]): (() => boolean) =>
      from(local)(endpoint, result => {
        const failure = result.ok ? undefined : bindError(result)
        if (!failure) return settle(result)
        failures.push(failure)
        if (next) cancel = tryAt(next, rest)
        else {
          settle(unavailable(endpoint, failures.map(({ message }) => message).join(', '), failure))
        }
      })
    let cancel = tryAt(first, others)
    return () => cancel()
  }

/** The sockets of one race, and how to close them. */
export type PlainConnect = {
  readonly connect: Connect<Socket>
  /** Resets a connection that was handed over and that nobody uses. */
  readonly reset: (socket: Socket) => void
  /**
   * Resolves when all sockets except those that were handed over are closed, with their descriptors and
   * handles.
   */
  readonly allClosed: () => Promise<void>
}

/** Creates a socket for one endpoint. The race connects it, and closes it unless it wins. */
export type MakeSocket = (endpoint: Endpoint) => Socket

const wordFor = (found: unknown): string => {
  if (!(found instanceof Socket)) return found === null ? 'null' : `a value of type ${typeof found}`
  if (found.destroyed) return 'a socket that is destroyed'
  return found.connecting ? 'a socket that is connecting' : 'a socket that is connected'
}

/** Checks that a factory returned an unconnected socket. A socket that fails this check is not closed. */
const checked = (found: unknown): Socket => {
  if (found instanceof Socket && found.pending && !found.connecting && !found.destroyed)
    return found
  const message = `a socket factory returned ${wordFor(found)}: an unconnected net.Socket is wanted`
  throw fail('ERR_SOCKET_FACTORY', message)
}

/**
 * Connects plain sockets: as `net.connect` returns them, or as their factory configured them, without
 * listeners of eyeballd.
 *
 * @param hasInterface whether this host has an interface of that name
 * @param makeSocket called for each attempt, and again for each further local address; by default `new
 *   net.Socket()`. An exception, or any result but an unconnected socket, is a failed attempt
 * @param locals local addresses to connect from; absent: the system chooses. Empty: no attempt succeeds
 */
export const createPlainConnect = ({
  hasInterface,
  makeSocket = () => new Socket(),
  locals,
}: {
  readonly hasInterface: (name: string) => boolean
  readonly makeSocket?: MakeSocket | undefined
  readonly locals?: readonly LocalEnd[] | undefined
}): PlainConnect => {
  const open = new Map<Socket, () => void>()
  let settle: (() => void) | undefined
  const track = (socket: Socket): Socket => {
    const onClose = (): void => {
      open.delete(socket)
      if (open.size === 0) settle?.()
    }
    open.set(socket, onClose)
    return socket.once('close', onClose)
  }
  const handOver = (socket: Socket): void => {
    const onClose = open.get(socket)
    if (onClose) socket.off('close', onClose)
    open.delete(socket)
  }

  const begin = (options: TcpNetConnectOpts): Socket => {
    const { host = '', family, port } = options
    const socket = checked(makeSocket({ address: host, family: family as Family, port }))
    try {
      socket.connect(options)
    } catch (error) {
      socket.destroy()
      throw error
    }
    return track(socket)
  }
  const from = (local?: LocalEnd): Connect<Socket> =>
    createNodeConnect({
      hasInterface,
      plain: true,
      open: options =>
        begin(local ? { ...options, localAddress: local.address, localPort: local.port } : options),
    })
  const connect = locals ? createBoundConnect(locals, from) : from()

  return {
    connect: (endpoint, done) =>
      connect(endpoint, result => {
        if (result.ok) handOver(result.socket)
        done(result)
      }),
    reset: socket => {
      ignoreErrors(track(socket))
      socket.resetAndDestroy()
    },
    allClosed: () =>
      open.size === 0 ? Promise.resolve() : new Promise(resolve => (settle = resolve)),
  }
}

/**
 * Connects to a UNIX socket, or to a named pipe on Windows. That is one address, so there is no race.
 *
 * @returns a plain socket, as `net.connect` returns it; the caller owns it
 * @throws the system's error, or the signal's reason, after the socket is closed
 */
export const connectPath = (path: string, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connectTo({ path })
    let reason: Error | undefined
    const end = (error: Error): void => {
      reason ??= error
      socket.destroy()
    }
    const onAbort = (): void => end(signal.reason as Error)
    const leave = (): void => {
      signal.removeEventListener('abort', onAbort)
      socket.off('error', end).off('close', onClose).off('connect', onConnect)
    }
    const onConnect = (): void => {
      leave()
      resolve(socket)
    }
    const onClose = (): void => {
      leave()
      reject(reason ?? fail('ECONNRESET', `${path} closed while connecting`))
    }
    socket.on('error', end).once('close', onClose).once('connect', onConnect)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })

/**
 * A socket that stands for a failed connection, for callers that know failures only as a socket's `error`.
 * It holds no descriptor. The caller destroys it with the error.
 */
export const createFailedSocket = (): Socket => {
  const socket = new Socket()
  ignoreErrors(socket)
  return socket
}
