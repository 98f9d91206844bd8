import type { AgentConnectOpts } from 'agent-base'
import { Agent } from 'agent-base'
import type { ClientRequest } from 'node:http'
import type { AgentOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'
import { withoutBrackets } from '../../core/host-port.ts'
import { connectPath, createFailedSocket } from '../../net/node/plain-connect.ts'
import type { Secure } from '../../net/node/secure.ts'
import type { ConnectOptions } from '../connect.ts'
import { agentTarget } from './agent-target.ts'
import type { RequestRace } from './race-for-request.ts'
import { raceForRequest } from './race-for-request.ts'

export type RaceAgentParts = {
  /** Runs one race with the agent's race options. */
  readonly connect: (options: ConnectOptions) => Promise<Socket>
  readonly secure: Secure
  readonly clock: Clock
}

/** The key under which a request's options carry its race from `createSocket`, which starts it, to `connect`. */
const RACE = Symbol('race')

/** Stack frames that show who made a request. */
const STACK_FRAMES = 16

type Options = AgentConnectOpts & {
  readonly [RACE]?: RequestRace
  readonly _defaultAgent?: { readonly protocol?: string }
}

/** Node's own error for a connection that closed during a request. */
const hangUp = (): Error => fail('ECONNRESET', 'socket hang up')

/**
 * Node's agent with raced connections. Node's code queues requests, reuses sockets and counts them;
 * `createAgent` documents the contract. It is a class because Node's agents are classes.
 *
 * Node's agent counts sockets, and takes the next request from its queue when one closes. A failed race
 * therefore becomes a socket that fails; otherwise a queued request would wait forever.
 */
export class RaceAgent extends Agent {
  readonly #parts: RaceAgentParts
  readonly #races = new Set<RequestRace>()
  readonly #requests = new WeakSet<ClientRequest>()
  readonly #failures = new WeakMap<Duplex, Error>()

  constructor(options: AgentOptions, parts: RaceAgentParts) {
    super(options)
    this.#parts = parts
  }

  /** agent-base reads the stack; this does so only before the options exist. */
  override isSecureEndpoint(options?: AgentConnectOpts): boolean {
    if (options) {
      const { secureEndpoint, protocol, _defaultAgent } = options as Partial<Options>
      return secureEndpoint ?? (protocol ?? _defaultAgent?.protocol) === 'https:'
    }
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = STACK_FRAMES
    try {
      return super.isSecureEndpoint()
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  }

  /** Starts the race for a request, or for the first queued request. */
  override createSocket(
    request: ClientRequest,
    options: AgentConnectOpts,
    done: (error: Error | null, socket?: Duplex) => void,
  ): void {
    const race = this.#begin(request, options)
    super.createSocket(request, { ...options, [RACE]: race } as Options, (error, socket) => {
      done(error, socket)
      const failure = socket && this.#failures.get(socket)
      if (!socket || !failure) return
      if (!request.destroyed) {
        socket.destroy(failure)
        return
      }
      // The request has its own error, and must not pass this socket on to the next request.
      socket.removeAllListeners('free')
      process.nextTick(() => socket.destroy())
    })
  }

  /** Returns the race's socket, with the TLS handshake started for https. */
  override async connect(_request: ClientRequest, options: AgentConnectOpts): Promise<Duplex> {
    const { [RACE]: race } = options as Required<Options>
    const outcome = await race.outcome
    this.#races.delete(race)
    if (!outcome.ok) return this.#failed(outcome.error)
    const { socket } = outcome
    try {
      return this.#ready(socket, options)
    } catch (error) {
      socket.destroy()
      return this.#failed(error as Error)
    }
  }

  /** Ends every race, the requests that wait for one, and every socket. */
  override destroy(): void {
    for (const waiting of Object.values(this.requests)) {
      for (const request of waiting ?? []) request.destroy(hangUp())
    }
    for (const race of this.#races) race.end(hangUp())
    super.destroy()
  }

  #begin(request: ClientRequest, options: AgentConnectOpts): RequestRace {
    const { clock, connect } = this.#parts
    const name = this.getName(options)
    const isWaiting = (): boolean => this.requests[name]?.includes(request) === true
    const isQueued = isWaiting()
    // Node may ask again for a request whose race is still running; the second race is for the first request
    // in the queue.
    const isSecond = this.#requests.has(request)
    const race = raceForRequest(request, {
      race: async signal => {
        if (request.destroyed) throw hangUp()
        const { socketPath } = options as { readonly socketPath?: string | null }
        if (socketPath) return connectPath(socketPath, signal)
        const defaultPort = this.isSecureEndpoint(options) ? 443 : 80
        const target = await agentTarget(options, defaultPort, signal)
        signal.throwIfAborted()
        return connect({ ...target, signal })
      },
      isIts: () => !isSecond && (!isQueued || isWaiting()),
      timeoutMs: isSecond ? 0 : this.#timeoutOf(request),
      clock,
    })
    this.#races.add(race)
    this.#requests.add(request)
    void race.outcome.then(() => this.#requests.delete(request))
    return race
  }

  /** The idle timeout of a request's socket, in milliseconds; 0 for none. */
  #timeoutOf(request: ClientRequest): number {
    const { timeout } = request as { readonly timeout?: number }
    return timeout ?? this.options.timeout ?? 0
  }

  #failed(error: Error): Duplex {
    const socket = createFailedSocket()
    this.#failures.set(socket, error)
    return socket
  }

  /** Applies what `net.connect` and `tls.connect` would do with these options. */
  #ready(socket: Socket, options: AgentConnectOpts): Socket {
    if (this.keepAlive) socket.setKeepAlive(true, (this.options as AgentOptions).keepAliveMsecs)
    const { host, timeout, noDelay = true } = options as ConnectionOptions & { noDelay?: boolean }
    socket.setNoDelay(noDelay)
    if (timeout) socket.setTimeout(timeout)
    if (!options.secureEndpoint) return socket
    const tlsOptions = { ...options, host: withoutBrackets(host ?? 'localhost') }
    return this.#parts.secure(socket, tlsOptions, this.getName(options))
  }
}
