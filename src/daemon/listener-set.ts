import { errorOf } from '../core/fail.ts'
import type { SocketAddress } from '../core/listen-address.ts'
import { formatListenAddress } from '../core/listen-address.ts'
import type { Log } from '../log/types.ts'
import type { Bound, ListenOptions } from '../net/listen.ts'
import { openListener } from './open-listener.ts'
import type {
  OpenAddress,
  ListenerSettings,
  RequestedListener,
  RequestedAddress,
} from './requested-listeners.ts'
import { listenerKey, openRequested } from './requested-listeners.ts'

type OnFailed = (listener: ListenerSettings, address: SocketAddress, error: Error) => void

export type ListenerSetParts = {
  readonly listen: (address: SocketAddress, options: ListenOptions) => Promise<Bound>
  /** Connections that may wait while a change is prepared, on all addresses together; by default 64. */
  readonly waitingMax?: number
  /** An address is open and in force; `address` has the real port. */
  readonly onListening: (listener: ListenerSettings, address: SocketAddress) => void
  /** An optional address that this host does not have was skipped. Called once, until it is open. */
  readonly onSkipped: OnFailed
  /** An address in force could not be opened. Called once, until it is open again. */
  readonly onLost: OnFailed
}

/** A prepared change. The caller calls either `commit` or `undo`, once. */
export type ListenerChange = {
  /** Why an address could not be opened; then only `undo` is allowed. Undefined if all are open. */
  readonly error: Error | undefined
  /** The addresses that are open once the change is in force, with their real ports. */
  readonly bound: readonly SocketAddress[]
  /** Puts the change in force before it returns; the promise resolves once the old addresses are closed. */
  readonly commit: () => Promise<void>
  /** Reverts the change. It never rejects: an address that cannot be opened again is lost. */
  readonly undo: () => Promise<void>
}

/** The open addresses of one listener, with their real ports. */
export type OpenListeners = {
  readonly name: string
  readonly protocol: string
  readonly addresses: readonly string[]
}

export type ListenerSet = {
  /**
   * Opens the requested addresses that are not open; connections to them wait for `commit`. Addresses in
   * force stay open, except those that block a requested one.
   *
   * @param lenient an address that cannot be opened is lost, and no error
   * @returns never rejects
   */
  readonly prepare: (
    listeners: readonly RequestedListener[],
    lenient?: boolean,
  ) => Promise<ListenerChange>
  /** The open addresses, with their real ports: a new array after each change. */
  readonly bound: () => readonly SocketAddress[]
  /** The listeners in force with their open addresses. */
  readonly open: () => readonly OpenListeners[]
  /** How many addresses in force are not open. Each `prepare` that requests them tries them again. */
  readonly lost: () => number
  /** Closes all addresses. Accepted connections stay open. */
  readonly close: () => Promise<void>
}

const WAITING_MAX = 64

/** The listeners of a daemon. A change, one at a time, takes effect completely or not at all. */
export const createListenerSet = (parts: ListenerSetParts): ListenerSet => {
  const { listen, waitingMax = WAITING_MAX, onListening, onSkipped, onLost } = parts
  const waiting = { open: 0, max: waitingMax }
  const inForce = new Map<string, OpenAddress>()
  const lost = new Set<string>()
  let skippedBefore: ReadonlySet<string> = new Set()
  const open = new Set<Bound>()
  let bound: readonly SocketAddress[] = []

  const readBound = (): void => {
    bound = [...open].map(({ address }) => address)
  }

  /** @param address the real port in place of port 0, if the address was open before */
  const openOne = async (
    requested: RequestedAddress,
    address = requested.address,
  ): Promise<OpenAddress> => {
    const made = await openListener(listen, address, requested.listener.config, waiting)
    open.add(made.bound)
    readBound()
    return { open: made, requested, handler: undefined }
  }

  const closeAll = async (entries: Iterable<OpenAddress>): Promise<void> => {
    const all = [...entries]
    for (const entry of all) open.delete(entry.open.bound)
    readBound()
    await Promise.all(all.map(entry => entry.open.close()))
  }

  /** Opens an address in force again, with its handler. */
  const reopen = async (key: string, before: OpenAddress): Promise<void> => {
    const { requested, handler } = before
    const { address } = before.open.bound
    try {
      const entry = await openOne(requested, address)
      entry.handler = handler
      if (handler) entry.open.serve(handler)
      inForce.set(key, entry)
    } catch (error) {
      inForce.delete(key)
      lost.add(key)
      onLost(requested.listener.config, address, errorOf(error))
    }
  }

  const prepare = async (
    all: readonly RequestedListener[],
    lenient = false,
  ): Promise<ListenerChange> => {
    const requested = new Map<string, RequestedAddress>()
    for (const listener of all)
      for (const address of listener.config.listen)
        requested.set(listenerKey(address, listener.config), { address, listener })
    const opened = await openRequested({ requested, inForce, openOne, closeAll, lenient })
    const { fresh, closed, skipped, failed, error } = opened

    const kept = [...inForce].filter(([key]) => requested.has(key)).map(([, entry]) => entry)
    return {
      error,
      bound: [...kept, ...fresh.values()].map(entry => entry.open.bound.address),
      commit: () => {
        const leaving = [...inForce].filter(([key]) => !requested.has(key))
        for (const [key] of leaving) inForce.delete(key)
        for (const [key, entry] of fresh) inForce.set(key, entry)
        for (const [key, entry] of inForce) {
          entry.requested = requested.get(key) ?? entry.requested
          entry.handler = entry.requested.listener.handler()
          entry.open.setEgress(entry.requested.listener.config.egress)
          entry.open.serve(entry.handler)
        }
        for (const [key, each] of skipped)
          if (!skippedBefore.has(key))
            onSkipped(each.requested.listener.config, each.requested.address, each.error)
        skippedBefore = new Set(skipped.keys())
        for (const entry of fresh.values())
          onListening(entry.requested.listener.config, entry.open.bound.address)
        for (const [key, each] of failed)
          if (!lost.has(key))
            onLost(each.requested.listener.config, each.requested.address, each.error)
        lost.clear()
        for (const key of failed.keys()) lost.add(key)
        return closeAll(leaving.filter(([key]) => !closed.has(key)).map(([, entry]) => entry))
      },
      undo: async () => {
        await closeAll(fresh.values())
        // One after the other: several processes must open the same addresses in the same order.
        for (const [key, entry] of closed) await reopen(key, entry)
      },
    }
  }

  return {
    prepare,
    bound: () => bound,
    open: () => {
      const all = new Map<string, { name: string; protocol: string; addresses: string[] }>()
      for (const { requested, open: opened } of inForce.values()) {
        const { name, protocol } = requested.listener.config
        const known = all.get(name) ?? { name, protocol, addresses: [] }
        known.addresses.push(formatListenAddress(opened.bound.address))
        all.set(name, known)
      }
      return [...all.values()]
    },
    lost: () => lost.size,
    close: async () => {
      const entries = [...inForce.values()]
      inForce.clear()
      await closeAll(entries)
    },
  }
}

/**
 * The callbacks that log what happens to listeners.
 *
 * @param limit the maximum number of concurrent connections
 */
export const listenerEvents = (
  { event }: Pick<Log, 'event'>,
  limit: () => number,
): Pick<ListenerSetParts, 'onListening' | 'onSkipped' | 'onLost'> => ({
  onListening: ({ name: listener, protocol }, address) => {
    const text = formatListenAddress(address)
    event({ type: 'listening', listener, protocol, address: text, connections: limit() })
  },
  onSkipped: ({ name: listener }, address, { message }) =>
    event({ type: 'skipped', listener, address: formatListenAddress(address), message }),
  onLost: ({ name: listener, protocol }, address, { message }) => {
    const text = formatListenAddress(address)
    event({ type: 'listener-lost', listener, protocol, address: text, message })
  },
})
