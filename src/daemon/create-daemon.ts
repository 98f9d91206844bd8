import { compileAccess } from '../access/access.ts'
import { createIsOwnListener, createOwnAddresses } from '../access/own-listeners.ts'
import type { LoginVerifier } from '../auth/create-verify-login.ts'
import type { Users } from '../auth/users-file.ts'
import type { Config, EgressConfig, ListenerConfig } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import { errorOf } from '../core/fail.ts'
import { socketAddresses } from '../core/listen-address.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import { createAttemptBudget } from '../dial/attempt-budget.ts'
import type { LookupParts } from '../dial/create-dialer.ts'
import { createConnectionIds } from '../listener/accepted.ts'
import type { Admission } from '../listener/admission.ts'
import { createAdmission } from '../listener/admission.ts'
import type { Emit } from '../listener/events.ts'
import type { Ban, Bans } from '../listener/bans.ts'
import { createBans } from '../listener/bans.ts'
import { createGreetings } from '../listener/greetings.ts'
import type { Handler } from '../listener/handler.ts'
import { createHandler } from '../listener/handler.ts'
import { createLiveSessions } from '../listener/live-sessions.ts'
import { runOwnRace } from '../listener/own-race.ts'
import { createRequestServer } from '../listener/protocols/http/request-server.ts'
import type { EgressNetworks } from '../net/egress-networks.ts'
import type { Network } from '../net/network.ts'
import type { Join } from '../pipe/join.ts'
import type { KeptTargets } from '../pipe/kept-targets.ts'
import type { Generation, GenerationParts, OpenDialer, Verifier } from './generation.ts'
import {
  changeUsers,
  createGeneration,
  listenerPolicy,
  dialersLeft,
  usersOf,
} from './generation.ts'
import { createListenerParts } from './listener-parts.ts'
import type { ListenerChange, ListenerSetParts } from './listener-set.ts'
import { createListenerSet } from './listener-set.ts'
import type { HandleConnection } from './open-listener.ts'
import type { RequestedListener } from './requested-listeners.ts'
import type { Agree, Daemon, ProcessDaemon } from './types.ts'

/** A start loads it together with the daemon. */
export { createHostLookups } from '../dial/create-dialer.ts'

/** What a daemon needs from its environment. */
export type DaemonParts = {
  readonly clock: Clock
  readonly network: Network<StreamSocket>
  readonly egress: EgressNetworks<StreamSocket>
  readonly lookups: LookupParts
  readonly join: Join
  readonly keptTargets: KeptTargets
  /** Sets TCP keepalive for new connections, on existing listeners too. */
  readonly setKeepAlive: (keepAlive: EgressConfig['keepAlive']) => void
  /** Opens listeners, and reports those that were opened or skipped. */
  readonly listeners: ListenerSetParts
  readonly emit: Emit
  readonly createVerify: (users: Users) => LoginVerifier
  /**
   * File descriptors that a configuration leaves for connections; Infinity: no limit.
   *
   * @throws ERR_OPEN_FILES if they are too few
   */
  readonly filesFor: (config: Config) => number
  /** Called with the connection limit in force, whenever it or `maxConnections` has changed. */
  readonly onLimit?: (connections: number, maxConnections: number) => void
  /** Called when a client is banned. */
  readonly onBan?: (ban: Ban) => void
  /** Maximum number of local clients that may send a greeting without admission, as health checks do; by default 4. */
  readonly greetingsMax?: number
  /** Whether an address belongs to this host. */
  readonly isLocalAddress: (address: string) => boolean
  /** 0 (included) to 1 (excluded). */
  readonly random: () => number
  /** Suffix of connection ids; empty by default. */
  readonly idSuffix?: string
  /** Whether other processes share its listeners; default false. */
  readonly isOneOfSeveral?: boolean
  /** Asks other processes whether to apply a change; by default there are none. */
  readonly agree?: Agree
}

/** Each connection has a client's socket, and that of an attempt or a target. */
const CLIENT_AND_TARGET_FILES = 2

const NOT_SERVING = { ok: false, code: 'ERR_NOT_APPLIED', message: 'no listener is open' } as const

const closeAll = (dialers: Iterable<OpenDialer>): void => {
  for (const { resolver } of dialers) resolver.close()
}

/** A daemon without its process: it handles no signals, reads no files and does not exit. */
export const createDaemon = (parts: DaemonParts): ProcessDaemon => {
  const { clock, emit, filesFor, agree = async error => error } = parts
  const listeners = createListenerSet(parts.listeners)
  const sessions = createLiveSessions()
  const requestServer = createRequestServer()
  const greetings = createGreetings(clock, sessions, parts.greetingsMax)
  const nextId = createConnectionIds(parts.random, parts.idSuffix)
  const own = createOwnAddresses(listeners.bound)
  const isOwnListener = createIsOwnListener(own.all, parts.isLocalAddress)
  let admission: Admission | undefined
  let bans: Bans | undefined
  let connectionFiles = 0
  /** The maximum number of connections, or the number that is open if a previous maximum was higher. */
  const connectionsMax = (): number =>
    admission ? Math.max(admission.limit(), admission.active()) : 0
  const budget = createAttemptBudget({
    files: () => connectionFiles - CLIENT_AND_TARGET_FILES * connectionsMax(),
    races: connectionsMax,
  })
  const inForce = createListenerParts()
  const generationParts: GenerationParts = { ...parts, budget, isUsed: inForce.isUsed }
  let current: Generation | undefined
  /** Dialers of earlier configurations whose races still run. */
  const retired = new Set<OpenDialer>()

  /** Created when the listener comes into force, once for all of its addresses. */
  const handlerOf = (listener: ListenerConfig, verifier: Verifier | undefined) => {
    let handle: Handler | undefined
    return (): HandleConnection => {
      // It checks logins against the users in force at that time, not at the time of the connection.
      const verify = usersOf(listener) && verifier ? verifier.logins.verify : null
      handle ??= createHandler(listenerPolicy(listener, verify), inForce.of(listener.name))
      const created = handle
      return (socket, { type }) => created(socket, type)
    }
  }

  const putInForce = (next: Generation, files: number): void => {
    const { config } = next
    const limits = { ...config.limits, files, isShare: parts.isOneOfSeveral ?? false }
    const { maxConnections } = limits
    connectionFiles = files
    const access = compileAccess(config.access)
    const waits = { ...config.limits, ...config.pipe }
    admission ??= createAdmission(limits)
    bans ??= createBans(clock, limits.authFailures, ban => parts.onBan?.(ban))
    bans.change(limits.authFailures)
    const before = admission.limit()
    admission.change(limits)
    const isNew =
      before !== admission.limit() || maxConnections !== current?.config.limits.maxConnections
    if (isNew) parts.onLimit?.(admission.limit(), maxConnections)
    own.setOthers(config.admin.listen)
    inForce.change(
      {
        clock,
        join: parts.join,
        keptTargets: parts.keptTargets,
        emit,
        nextId,
        admission,
        bans,
        access,
        isOwnListener,
        sessions,
        requestServer,
        requirements: name => current?.requirements.get(name) ?? null,
        greetings,
        isLocalAddress: parts.isLocalAddress,
        waits,
      },
      next.dialers,
    )
    if (current) {
      changeUsers(current, next)
      for (const dialer of dialersLeft(current, next)) retire(dialer)
    }
    current = next
    sessions.endRevoked()
    requestServer.drainListeners(name => !next.requirements.has(name))
  }

  const prepare = (next: Generation, lenient: boolean): Promise<ListenerChange> =>
    listeners.prepare(
      next.config.listeners.map((config): RequestedListener => {
        const handler = handlerOf(config, next.verifiers.get(config.name))
        return { config: { ...config, listen: socketAddresses(config.listen) }, handler }
      }),
      lenient,
    )

  const apply: Daemon['apply'] = async (config, { lenient = false } = {}) => {
    let next: Generation
    let files: number
    try {
      files = filesFor(config)
      next = createGeneration(config, current, generationParts)
    } catch (thrown) {
      const error = errorOf(thrown)
      throw (await agree(error)) ?? error
    }
    const change = await prepare(next, lenient)
    const error = await agree(change.error)
    if (error !== undefined) {
      await change.undo()
      closeAll(dialersLeft(next, current))
      throw error
    }
    // Nothing can fail from here on.
    putInForce(next, files)
    const closed = change.commit()
    // Now the listeners have keepalive of their own, if they have any.
    parts.setKeepAlive(config.egress.keepAlive)
    await closed
  }

  /** Races that began before a reload still use the old resolver. Without any, nothing is kept of it. */
  const retire = (dialer: OpenDialer): void => {
    retired.add(dialer)
    dialer.whenIdle(() => {
      if (retired.delete(dialer)) dialer.resolver.close()
    })
  }

  return {
    apply,
    lost: listeners.lost,
    processes: () => 1,
    stopAccepting: () => {
      requestServer.drain()
      return listeners.close()
    },
    idle: () => new Promise(resolve => sessions.whenEmpty(resolve)),
    endConnections: () => sessions.endAll(),
    connections: () => sessions.size(),
    limit: () => admission?.limit() ?? 0,
    race: ({ target, client }, signal) => {
      const [first] = current?.config.listeners ?? []
      if (!first) return Promise.resolve(NOT_SERVING)
      return runOwnRace({
        target,
        client,
        signal,
        parts: inForce.of(first.name),
        listener: 'admin',
      })
    },
    dialers: () => current?.dialers.dialers ?? new Map(),
    listeners: listeners.open,
    sessions: sessions.all,
    close: () => {
      closeAll(retired)
      retired.clear()
      if (current) closeAll(dialersLeft(current, undefined))
    },
  }
}
