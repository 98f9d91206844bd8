import { Agent } from 'agent-base'
import type { AgentConnectOpts } from 'agent-base'
import type { ClientRequest } from 'node:http'
import type { AgentOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'
import { withoutBrackets } from '../../core/host-port.ts'
import { connectPath } from '../../net/node/connect-path.ts'
import { createFailedSocket } from '../../net/node/failed-socket.ts'
import type { Secure } from '../../net/node/secure.ts'
import type { ConnectOptions } from '../connect.ts'
import { agentTarget } from './agent-target.ts'
import { raceForRequest } from './race-for-request.ts'
import type { RequestRace } from './race-for-request.ts'

export type RaceAgentParts = {
  /** Runs one race, with the options of the agent's races. */
  readonly connect: (options: ConnectOptions) => Promise<Socket>
  readonly secure: Secure
  readonly clock: Clock
}

/** Where a request's options carry its race from `createSocket`, which begins it, to `connect`. */
const RACE = Symbol('race')

/** Frames of a stack that tell who made a request. */
const STACK_FRAMES = 16

type Options = AgentConnectOpts & {
  readonly [RACE]?: RequestRace
  readonly _defaultAgent?: { readonly protocol?: string }
}

/** Node's own words for a connection that went away under a request. */
const hangUp = (): Error => fail('ECONNRESET', 'socket hang up')

/**
 * An agent of Node's whose connections are raced. Requests wait for sockets, reuse them and are counted
 * as Node has it; `createAgent` says what it promises. It is a class because Node's agents are.
 *
 * Node's agent counts sockets, and takes the next request from its queue when one closes. So a race
 * that has failed becomes a socket too, one that fails: else a request that waits would wait for ever.
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

  /** The stack, which agent-base reads, is asked only where there is nothing else: before there are options. */
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

  /** Begins the race for a request, or for the first of those that wait. */
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
      // The request has its own error, and must not hand this socket on to the next one.
      socket.removeAllListeners('free')
      process.nextTick(() => socket.destroy())
    })
  }

  /** Hands the race's socket over, with TLS begun for https. */
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
    // Node may ask again for a request whose race still runs; the second one is whoever's turn it is.
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

  /** The limit of silence, in milliseconds, of a request's socket; 0 for none. */
  #timeoutOf(request: ClientRequest): number {
    const { timeout } = request as { readonly timeout?: number }
    return timeout ?? this.options.timeout ?? 0
  }

  #failed(error: Error): Duplex {
    const socket = createFailedSocket()
    this.#failures.set(socket, error)
    return socket
  }

  /** What `net.connect` and `tls.connect` would have done with these options. */
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
