import type { StreamSocket } from '../core/stream-socket.ts'
import type { ListenerConfig } from '../config/types.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import { codeOf } from '../core/fail.ts'
import { formatListenAddress } from '../core/listen-address.ts'
import type { Bound } from '../net/bound.ts'
import type { ListenOptions } from '../net/listen.ts'

/** Takes a connection over: it is the handler's to close. */
export type TakeConnection = (socket: StreamSocket, address: ListenAddress) => void

/** One listener as it should be: where it listens and who takes its connections. */
export type WantedListener = {
  readonly config: ListenerConfig
  readonly take: TakeConnection
}

export type ListenerSetParts = {
  readonly listen: (address: ListenAddress, options: ListenOptions) => Promise<Bound>
  /** An address is open; `address` has the real port. */
  readonly onListening: (config: ListenerConfig, address: ListenAddress) => void
  /** An optional address that this host does not have was left out. */
  readonly onSkipped: (config: ListenerConfig, address: ListenAddress, error: Error) => void
}

export type ListenerSet = {
  /**
   * Opens what is wanted and not open, closes what is open and no longer wanted. What stays is not
   * touched, but for its handler. Where an address cannot be opened everything is as it was before.
   *
   * @throws what `listen` rejected with
   */
  readonly apply: (wanted: readonly WantedListener[]) => Promise<void>
  /** The addresses that are open, with their real ports. */
  readonly bound: () => readonly ListenAddress[]
  /** Closes all. Connections that were accepted live on. */
  readonly close: () => Promise<void>
}

/** One address that is open. Its handler is looked up for each connection, so a reload changes nothing else. */
type Open = { readonly bound: Bound; take: TakeConnection; readonly wish: Wish }

type Wish = { readonly address: ListenAddress; readonly wanted: WantedListener }

/** What makes two listeners the same open socket: the address, and who may reach it. */
const keyOf = (address: ListenAddress, { name, mode, group }: ListenerConfig): string => {
  const text = formatListenAddress(address)
  if (address.type === 'unix') return `${text} ${mode} ${group ?? ''}`
  // Several listeners may each want any free port.
  return address.port === 0 ? `${text} ${name}` : text
}

/** Whether the one may stand in the other's way. */
const mayClash = (a: ListenAddress, b: ListenAddress): boolean =>
  a.type === 'unix' ? b.type === 'unix' && a.path === b.path : b.type === 'tcp' && a.port === b.port

/** Codes by which a host says that it does not have an address, or its whole family. */
const MISSING = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])

export const createListenerSet = (parts: ListenerSetParts): ListenerSet => {
  const { listen, onListening, onSkipped } = parts
  let open = new Map<string, Open>()

  /** @param address differs from the wish's where any free port was wished for and one is known by now */
  const openOne = async (wish: Wish, address = wish.address): Promise<Open> => {
    const { config, take } = wish.wanted
    const entry = { wish, take }
    const bound = await listen(address, {
      mode: config.mode,
      ...(config.group === null ? {} : { group: config.group }),
      onConnection: socket => entry.take(socket, address),
    })
    return Object.assign(entry, { bound })
  }

  const closeAll = async (entries: Iterable<Open>): Promise<void> => {
    await Promise.all([...entries].map(({ bound }) => bound.close()))
  }

  /** Opens wishes one by one. Those whose address is in use are given back, for after others have closed. */
  const openWishes = async (
    wishes: readonly Wish[],
    fresh: Map<string, Open>,
    leaving: readonly Open[],
  ): Promise<Wish[]> => {
    const waiting: Wish[] = []
    const missing = new Map<ListenerConfig, Error>()
    for (const wish of wishes) {
      const { config } = wish.wanted
      try {
        fresh.set(keyOf(wish.address, wish.wanted.config), await openOne(wish))
      } catch (error) {
        const code = codeOf(error)
        const inTheWay = leaving.some(({ bound }) => mayClash(bound.address, wish.address))
        if (inTheWay && code === 'EADDRINUSE') waiting.push(wish)
        else if (config.optionalAddresses && MISSING.has(code) && error instanceof Error) {
          missing.set(config, error)
          onSkipped(config, wish.address, error)
        } else throw error
      }
    }
    for (const [config, error] of missing) {
      const addresses = config.listen.map(address => keyOf(address, config))
      const comes = waiting.some(({ wanted }) => wanted.config === config)
      if (!comes && !addresses.some(key => open.has(key) || fresh.has(key))) throw error
    }
    return waiting
  }

  const apply = async (wanted: readonly WantedListener[]): Promise<void> => {
    const wishes = wanted.flatMap(one =>
      one.config.listen.map((address): Wish => ({ address, wanted: one })),
    )
    const byKey = new Map(wishes.map(wish => [keyOf(wish.address, wish.wanted.config), wish]))
    const gone = [...open].filter(([key]) => !byKey.has(key))
    const leaving = gone.map(([, entry]) => entry)
    const missing = [...byKey].filter(([key]) => !open.has(key)).map(([, wish]) => wish)
    const fresh = new Map<string, Open>()
    let closed = false
    try {
      const waiting = await openWishes(missing, fresh, leaving)
      if (waiting.length > 0) {
        // `0.0.0.0:1080` cannot open while `127.0.0.1:1080`, which it replaces, is still there.
        await closeAll(leaving)
        closed = true
        await openWishes(waiting, fresh, [])
      }
    } catch (error) {
      await closeAll(fresh.values())
      if (closed)
        for (const [key, entry] of gone)
          open.set(key, await openOne(entry.wish, entry.bound.address))
      throw error
    }
    if (!closed) await closeAll(leaving)
    const next = new Map<string, Open>()
    for (const [key, wish] of byKey) {
      const entry = fresh.get(key) ?? open.get(key)
      if (!entry) continue
      entry.take = wish.wanted.take
      next.set(key, entry)
    }
    open = next
    for (const { bound, wish } of fresh.values()) onListening(wish.wanted.config, bound.address)
  }

  return {
    apply,
    bound: () => [...open.values()].map(({ bound }) => bound.address),
    close: async () => {
      const entries = [...open.values()]
      open = new Map()
      await closeAll(entries)
    },
  }
}
