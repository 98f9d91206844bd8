import { errorOf } from '../core/fail.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import type { Bound } from '../net/bound.ts'
import type { ListenOptions } from '../net/node/listen.ts'
import { listenerKey } from './listener-address.ts'
import { openListener } from './open-listener.ts'
import type { OpenAddress, SetListener, WantedListener, Wish } from './open-wishes.ts'
import { openWishes } from './open-wishes.ts'

type Failed = (listener: SetListener, address: ListenAddress, error: Error) => void

export type ListenerSetParts = {
  readonly listen: (address: ListenAddress, options: ListenOptions) => Promise<Bound>
  /** Connections that may wait while a change is prepared, on all addresses together; by default 64. */
  readonly waitingMax?: number
  /** An address is open and in force; `address` has the real port. */
  readonly onListening: (listener: SetListener, address: ListenAddress) => void
  /** An optional address that this host does not have was left out. Called once, until it is there. */
  readonly onSkipped: Failed
  /** An address in force could not be opened. Called once, until it is open again. */
  readonly onLost: Failed
}

/** A change that is prepared. One of the two functions is called, once. */
export type ListenerChange = {
  /** Why an address could not be opened; undefined where all could. With an error only `undo` is allowed. */
  readonly error: Error | undefined
  /** The addresses that are open once the change is in force, with their real ports. */
  readonly bound: readonly ListenAddress[]
  /** Puts the change in force. All is done when it returns; the promise is for what has to close. */
  readonly commit: () => Promise<void>
  /** Takes the change back. It never rejects: an address that cannot be opened again is lost. */
  readonly undo: () => Promise<void>
}

export type ListenerSet = {
  /**
   * Opens what is wanted and not open; connections to it wait for `commit`. What is in force serves on,
   * but for an address in whose place another one opens.
   *
   * @param lenient an address that cannot be opened is lost, and no error
   * @returns never rejects
   */
  readonly prepare: (
    wanted: readonly WantedListener[],
    lenient?: boolean,
  ) => Promise<ListenerChange>
  /** The addresses that are open, with their real ports: another array each time that they change. */
  readonly bound: () => readonly ListenAddress[]
  /** How many addresses in force are not open. Each `prepare` that wants them tries them again. */
  readonly lost: () => number
  /** Closes all. Connections that were accepted live on. */
  readonly close: () => Promise<void>
}

const WAITING_MAX = 64

/** The listeners of a daemon, changed as a whole or not at all. One change at a time. */
export const createListenerSet = (parts: ListenerSetParts): ListenerSet => {
  const { listen, waitingMax = WAITING_MAX, onListening, onSkipped, onLost } = parts
  const waiting = { open: 0, max: waitingMax }
  const inForce = new Map<string, OpenAddress>()
  const lost = new Set<string>()
  let skippedBefore: ReadonlySet<string> = new Set()
  const open = new Set<Bound>()
  let bound: readonly ListenAddress[] = []

  const readBound = (): void => {
    bound = [...open].map(({ address }) => address)
  }

  /** @param address differs from the wish's where any free port was wished for and one is known by now */
  const openOne = async (wish: Wish, address = wish.address): Promise<OpenAddress> => {
    const made = await openListener(listen, address, wish.wanted.config, waiting)
    open.add(made.bound)
    readBound()
    return { open: made, wish, take: undefined }
  }

  const closeAll = async (entries: Iterable<OpenAddress>): Promise<void> => {
    const all = [...entries]
    for (const entry of all) open.delete(entry.open.bound)
    readBound()
    await Promise.all(all.map(entry => entry.open.close()))
  }

  /** Opens an address in force again, for the handler that it has. */
  const reopen = async (key: string, before: OpenAddress): Promise<void> => {
    const { wish, take } = before
    const { address } = before.open.bound
    try {
      const entry = await openOne(wish, address)
      entry.take = take
      if (take) entry.open.serve(take)
      inForce.set(key, entry)
    } catch (error) {
      inForce.delete(key)
      lost.add(key)
      onLost(wish.wanted.config, address, errorOf(error))
    }
  }

  const prepare = async (
    wanted: readonly WantedListener[],
    lenient = false,
  ): Promise<ListenerChange> => {
    const wishes = new Map<string, Wish>()
    for (const one of wanted)
      for (const address of one.config.listen)
        wishes.set(listenerKey(address, one.config), { address, wanted: one })
    const opened = await openWishes({ wishes, inForce, openOne, closeAll, lenient })
    const { fresh, closed, skipped, failed, error } = opened

    const kept = [...inForce].filter(([key]) => wishes.has(key)).map(([, entry]) => entry)
    return {
      error,
      bound: [...kept, ...fresh.values()].map(entry => entry.open.bound.address),
      commit: () => {
        const leaving = [...inForce].filter(([key]) => !wishes.has(key))
        for (const [key] of leaving) inForce.delete(key)
        for (const [key, entry] of fresh) inForce.set(key, entry)
        for (const [key, entry] of inForce) {
          entry.wish = wishes.get(key) ?? entry.wish
          entry.take = entry.wish.wanted.handler()
          entry.open.serve(entry.take)
        }
        for (const [key, each] of skipped)
          if (!skippedBefore.has(key))
            onSkipped(each.wish.wanted.config, each.wish.address, each.error)
        skippedBefore = new Set(skipped.keys())
        for (const entry of fresh.values())
          onListening(entry.wish.wanted.config, entry.open.bound.address)
        for (const [key, each] of failed)
          if (!lost.has(key)) onLost(each.wish.wanted.config, each.wish.address, each.error)
        lost.clear()
        for (const key of failed.keys()) lost.add(key)
        return closeAll(leaving.filter(([key]) => !closed.has(key)).map(([, entry]) => entry))
      },
      undo: async () => {
        await closeAll(fresh.values())
        // In turn, as other processes open the same addresses in the same order.
        for (const [key, entry] of closed) await reopen(key, entry)
      },
    }
  }

  return {
    prepare,
    bound: () => bound,
    lost: () => lost.size,
    close: async () => {
      const entries = [...inForce.values()]
      inForce.clear()
      await closeAll(entries)
    },
  }
}
