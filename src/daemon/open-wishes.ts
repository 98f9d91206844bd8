import { codeOf, errorOf } from '../core/fail.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import { listenerKey, mayClash } from './listener-address.ts'
import type { OpenListener, TakeConnection } from './open-listener.ts'

/** What has to be known of a listener to open and close it. */
export type SetListener = {
  readonly name: string
  readonly protocol: string
  /** At least one. */
  readonly listen: readonly ListenAddress[]
  /** An address that this host does not have is left out, as long as another one is open. */
  readonly optionalAddresses: boolean
  readonly mode: number
  readonly group: string | null
}

/** One listener as it should be: where it listens, and what makes its handler once it is in force. */
export type WantedListener = {
  readonly config: SetListener
  /** Called for each address, when it comes into force. */
  readonly handler: () => TakeConnection
}

/** One address of a listener that is wanted. */
export type Wish = { readonly address: ListenAddress; readonly wanted: WantedListener }

/** One address that is open. It has a handler as soon as it is in force. */
export type OpenAddress = {
  readonly open: OpenListener
  wish: Wish
  take: TakeConnection | undefined
}

export type FailedWish = { readonly wish: Wish; readonly error: Error }

/** What came of wishes, by their keys. */
export type OpenedWishes = {
  readonly fresh: ReadonlyMap<string, OpenAddress>
  /** Addresses in force that had to close first. */
  readonly closed: ReadonlyMap<string, OpenAddress>
  /** Optional addresses that this host does not have. */
  readonly skipped: ReadonlyMap<string, FailedWish>
  /** Addresses that could not be opened, where that is allowed. */
  readonly failed: ReadonlyMap<string, FailedWish>
  /** The first failure that is not allowed; undefined where there is none. The rest was not tried. */
  readonly error: Error | undefined
}

export type OpenWishesOptions = {
  readonly wishes: ReadonlyMap<string, Wish>
  readonly inForce: ReadonlyMap<string, OpenAddress>
  readonly openOne: (wish: Wish) => Promise<OpenAddress>
  readonly closeAll: (entries: Iterable<OpenAddress>) => Promise<void>
  /** An address that cannot be opened is no error. */
  readonly lenient: boolean
}

/** Codes by which a host says that it does not have an address, or its whole family. */
const MISSING = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])

/**
 * Opens what is wanted and not in force. Addresses in force are left open, but for one that is no longer
 * wanted and in whose place another one opens (`0.0.0.0:1080` for `127.0.0.1:1080`).
 *
 * @returns never rejects; what is open, and what has closed, is the caller's to keep or to take back
 */
export const openWishes = async (options: OpenWishesOptions): Promise<OpenedWishes> => {
  const { wishes, inForce, openOne, closeAll, lenient } = options
  const fresh = new Map<string, OpenAddress>()
  const closed = new Map<string, OpenAddress>()
  const skipped = new Map<string, FailedWish>()
  const failed = new Map<string, FailedWish>()

  const inTheWayOf = ({ address }: Wish): readonly (readonly [string, OpenAddress])[] =>
    [...inForce].filter(
      ([key, { open }]) =>
        !wishes.has(key) && !closed.has(key) && mayClash(open.bound.address, address),
    )

  const open = async ([key, wish]: readonly [string, Wish]): Promise<'done' | 'waits'> => {
    try {
      fresh.set(key, await openOne(wish))
    } catch (thrown) {
      const error = errorOf(thrown)
      const code = codeOf(error)
      if (code === 'EADDRINUSE' && inTheWayOf(wish).length > 0) return 'waits'
      if (wish.wanted.config.optionalAddresses && MISSING.has(code))
        skipped.set(key, { wish, error })
      else if (lenient) failed.set(key, { wish, error })
      else throw error
    }
    return 'done'
  }

  /** A listener of which every address was left out has not been opened. */
  const checkSkipped = (): void => {
    for (const [key, { wish, error }] of skipped) {
      const { config } = wish.wanted
      const keys = config.listen.map(address => listenerKey(address, config))
      if (keys.some(each => fresh.has(each) || inForce.has(each))) continue
      if (!lenient) throw error
      failed.set(key, { wish, error })
    }
  }

  let error: Error | undefined
  try {
    const waiting: (readonly [string, Wish])[] = []
    for (const entry of wishes)
      if (!inForce.has(entry[0]) && (await open(entry)) === 'waits') waiting.push(entry)
    for (const [, wish] of waiting)
      for (const [key, entry] of inTheWayOf(wish)) closed.set(key, entry)
    await closeAll(closed.values())
    for (const entry of waiting) await open(entry)
    checkSkipped()
  } catch (thrown) {
    error = errorOf(thrown)
  }
  return { fresh, closed, skipped, failed, error }
}
