import type { StreamSocket } from '../core/stream-socket.ts'
import { isDeepStrictEqual } from 'node:util'
import type { Users, VerifyLogin } from '../auth/types.ts'
import type { Config, ListenerConfig } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import type { HostDialer } from '../library/create-dialer.ts'
import { createDialer } from '../library/create-dialer.ts'
import { compileAccess } from '../listener/access.ts'
import type { Admission } from '../listener/admission.ts'
import { createAdmission } from '../listener/admission.ts'
import { createConnectionIds } from '../listener/connection-ids.ts'
import type { Emit } from '../listener/events.ts'
import { createHandler } from '../listener/handler.ts'
import { createLiveSessions } from '../listener/live-sessions.ts'
import type { BoundAddress } from '../listener/own-listeners.ts'
import { createIsOwnListener } from '../listener/own-listeners.ts'
import type { ListenerParts } from '../listener/session-types.ts'
import type { Network } from '../net/types.ts'
import type { Join } from '../pipe/types.ts'
import { dialerOptions } from './dialer-options.ts'
import type { ListenerSetParts, WantedListener } from './listener-set.ts'
import { createListenerSet } from './listener-set.ts'
import { listenerPolicy } from './listener-policy.ts'

/** What a daemon needs of the world. */
export type DaemonParts = {
  readonly clock: Clock
  readonly network: Network<StreamSocket>
  readonly join: Join
  /** Opens listeners, and says which were opened and which left out. */
  readonly listeners: ListenerSetParts
  readonly emit: Emit
  readonly createVerify: (users: Users) => VerifyLogin
  /** This process's limit on open files; null: none, or not known. */
  readonly openFiles: number | null
  /** Whether an address is one of this host's. */
  readonly isLocalAddress: (address: string) => boolean
  /** 0 (included) to 1 (excluded). */
  readonly random: () => number
  /** What stands behind the number in ids of connections; nothing by default. */
  readonly idSuffix?: string
}

export type Daemon = {
  /**
   * Makes the daemon be what a configuration says: at the start, and again at each reload.
   * Connections that are established are not touched. Where it throws, nothing has changed.
   *
   * @throws a Failure of a listener that cannot be opened
   */
  readonly apply: (config: Config) => Promise<void>
  /** Accepts no more. Resolves once the listeners are closed. */
  readonly stopAccepting: () => Promise<void>
  /** Resolves once no connection is open. */
  readonly idle: () => Promise<void>
  /** Ends every connection at once. */
  readonly endConnections: () => void
  /** Connections that are open. */
  readonly connections: () => number
  /** Connections in force: the most that are let in at a time. */
  readonly limit: () => number
  /** Gives back what is left when it is over: the resolver's sockets. */
  readonly close: () => void
}

type Generation = {
  readonly config: Config
  readonly dialer: HostDialer<StreamSocket>
  readonly verifiers: ReadonlyMap<string, { readonly users: Users; readonly verify: VerifyLogin }>
}

/** The daemon without its process: no signal, no file and no exit is in here. */
export const createDaemon = (parts: DaemonParts): Daemon => {
  const { clock, network, emit, openFiles } = parts
  const listeners = createListenerSet(parts.listeners)
  const sessions = createLiveSessions()
  const nextId = createConnectionIds(parts.random, parts.idSuffix)
  const isOwnListener = createIsOwnListener(
    () =>
      listeners
        .bound()
        .flatMap((address): BoundAddress[] =>
          address.type === 'tcp' ? [{ address: address.host, port: address.port }] : [],
        ),
    parts.isLocalAddress,
  )
  let admission: Admission | undefined
  let current: Generation | undefined
  const retired = new Set<() => void>()

  /** The dialer stays, with all that its cache knows, as long as what it was made of does. */
  const dialerFor = (config: Config): HostDialer<StreamSocket> => {
    const options = dialerOptions(config)
    return current && isDeepStrictEqual(options, dialerOptions(current.config))
      ? current.dialer
      : createDialer(options, { clock, network })
  }

  /** Logins that were verified stay remembered as long as the users are the same. */
  const verifierFor = ({ name }: ListenerConfig, users: Users): VerifyLogin => {
    const known = current?.verifiers.get(name)
    return known && isDeepStrictEqual(known.users, users) ? known.verify : parts.createVerify(users)
  }

  const apply = async (config: Config): Promise<void> => {
    const dialer = dialerFor(config)
    const verifiers = new Map<string, { users: Users; verify: VerifyLogin }>()
    const limits = { ...config.limits, openFiles }
    admission ??= createAdmission(limits)
    const shared: ListenerParts = {
      clock,
      race: dialer.begin,
      join: parts.join,
      emit,
      nextId,
      admission,
      access: compileAccess(config.access),
      isOwnListener,
      sessions,
      waits: { ...config.limits, ...config.pipe },
    }
    const wanted = config.listeners.map((listener): WantedListener => {
      const users = listener.protocol === 'socks' ? listener.users : null
      const verify = users && verifierFor(listener, users)
      if (users && verify) verifiers.set(listener.name, { users, verify })
      const handle = createHandler(listenerPolicy(listener, verify), shared)
      return {
        config: listener,
        take: (socket, { type }) => handle(socket, type),
      }
    })
    try {
      await listeners.apply(wanted)
    } catch (error) {
      if (dialer !== current?.dialer) dialer.resolver.close()
      throw error
    }
    admission.change(limits)
    if (current && current.dialer !== dialer) retire(current)
    current = { config, dialer, verifiers }
  }

  /** Races that began before a reload still look names up; the last of them is over by its deadline. */
  const retire = ({ config, dialer }: Generation): void => {
    const close = (): void => {
      cancel()
      retired.delete(close)
      dialer.resolver.close()
    }
    const cancel = clock.after(config.eyeballs.connectTimeoutMs, close)
    retired.add(close)
  }

  return {
    apply,
    stopAccepting: () => listeners.close(),
    idle: () => new Promise(resolve => sessions.whenEmpty(resolve)),
    endConnections: () => sessions.endAll(),
    connections: () => sessions.size(),
    limit: () => admission?.limit() ?? 0,
    close: () => {
      for (const close of retired) close()
      current?.dialer.resolver.close()
    },
  }
}
