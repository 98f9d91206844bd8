import { codeOf, errorOf } from '../core/fail.ts'
import type { SocketAddress } from '../core/listen-address.ts'
import { formatListenAddress } from '../core/listen-address.ts'
import type { OpenListener, SocketSettings, HandleConnection } from './open-listener.ts'

/** The part of a listener's configuration that is needed to open and close its addresses. */
export type ListenerSettings = SocketSettings & {
  readonly name: string
  readonly protocol: string
  /** At least one. */
  readonly listen: readonly SocketAddress[]
  /** An address that this host does not have is skipped, as long as another one is open. */
  readonly optionalAddresses: boolean
}

/** A listener that a configuration requests. */
export type RequestedListener = {
  readonly config: ListenerSettings
  /** Returns the handler of its connections. Called for each address, when it comes into force. */
  readonly handler: () => HandleConnection
}

/** One address of a requested listener. */
export type RequestedAddress = {
  readonly address: SocketAddress
  readonly listener: RequestedListener
}

/** One address that is open. It has a handler as soon as it is in force. */
export type OpenAddress = {
  readonly open: OpenListener
  requested: RequestedAddress
  handler: HandleConnection | undefined
}

export type FailedAddress = { readonly requested: RequestedAddress; readonly error: Error }

/** The result for each requested address, by its key. */
export type OpenedAddresses = {
  readonly fresh: ReadonlyMap<string, OpenAddress>
  /** Addresses in force that had to close first. */
  readonly closed: ReadonlyMap<string, OpenAddress>
  /** Optional addresses that this host does not have. */
  readonly skipped: ReadonlyMap<string, FailedAddress>
  /** Addresses that could not be opened, if `lenient` allows that. */
  readonly failed: ReadonlyMap<string, FailedAddress>
  /** The first failure that is not allowed, after which no more addresses were tried; else undefined. */
  readonly error: Error | undefined
}

export type OpenRequestedOptions = {
  readonly requested: ReadonlyMap<string, RequestedAddress>
  readonly inForce: ReadonlyMap<string, OpenAddress>
  readonly openOne: (requested: RequestedAddress) => Promise<OpenAddress>
  readonly closeAll: (entries: Iterable<OpenAddress>) => Promise<void>
  /** An address that cannot be opened is no error. */
  readonly lenient: boolean
}

/** Two listeners with the same key are the same open socket: same address, same rights. */
export const listenerKey = (
  address: SocketAddress,
  { name, mode, group }: Pick<ListenerSettings, 'name' | 'mode' | 'group'>,
): string => {
  const text = formatListenAddress(address)
  if (address.type === 'unix') return `${text} ${mode} ${group ?? ''}`
  // Several listeners may each request any free port.
  return address.port === 0 ? `${text} ${name}` : text
}

const isIpv6 = (host: string): boolean => host.includes(':')

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** Whether one address cannot be opened while the other one is. A wildcard covers its own family only. */
export const mayClash = (a: SocketAddress, b: SocketAddress): boolean => {
  if (a.type === 'unix') return b.type === 'unix' && a.path === b.path
  if (b.type === 'unix' || a.port !== b.port || isIpv6(a.host) !== isIpv6(b.host)) return false
  return a.host === b.host || isWildcard(a.host) || isWildcard(b.host)
}

/** Error codes for an address, or a whole address family, that the host does not have. */
const MISSING = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT'])

/**
 * Opens the requested addresses that are not in force. Addresses in force stay open, except one that is no
 * longer requested and blocks a requested one (`0.0.0.0:1080` blocks `127.0.0.1:1080`).
 *
 * @returns never rejects; the caller keeps what was opened and closed, or reverts it
 */
export const openRequested = async (options: OpenRequestedOptions): Promise<OpenedAddresses> => {
  const { requested, inForce, openOne, closeAll, lenient } = options
  const fresh = new Map<string, OpenAddress>()
  const closed = new Map<string, OpenAddress>()
  const skipped = new Map<string, FailedAddress>()
  const failed = new Map<string, FailedAddress>()

  const blocking = ({ address }: RequestedAddress): readonly (readonly [string, OpenAddress])[] =>
    [...inForce].filter(
      ([key, { open }]) =>
        !requested.has(key) && !closed.has(key) && mayClash(open.bound.address, address),
    )

  const open = async ([key, one]: readonly [string, RequestedAddress]): Promise<
    'done' | 'blocked'
  > => {
    try {
      fresh.set(key, await openOne(one))
    } catch (thrown) {
      const error = errorOf(thrown)
      const code = codeOf(error)
      if (code === 'EADDRINUSE' && blocking(one).length > 0) return 'blocked'
      if (one.listener.config.optionalAddresses && MISSING.has(code))
        skipped.set(key, { requested: one, error })
      else if (lenient) failed.set(key, { requested: one, error })
      else throw error
    }
    return 'done'
  }

  /** A listener with all of its addresses skipped is not open, which is an error. */
  const checkSkipped = (): void => {
    for (const [key, failure] of skipped) {
      const { config } = failure.requested.listener
      const keys = config.listen.map(address => listenerKey(address, config))
      if (keys.some(each => fresh.has(each) || inForce.has(each))) continue
      if (!lenient) throw failure.error
      failed.set(key, failure)
    }
  }

  let error: Error | undefined
  try {
    const blocked: (readonly [string, RequestedAddress])[] = []
    for (const entry of requested)
      if (!inForce.has(entry[0]) && (await open(entry)) === 'blocked') blocked.push(entry)
    for (const [, one] of blocked) for (const [key, entry] of blocking(one)) closed.set(key, entry)
    await closeAll(closed.values())
    for (const entry of blocked) await open(entry)
    checkSkipped()
  } catch (thrown) {
    error = errorOf(thrown)
  }
  return { fresh, closed, skipped, failed, error }
}
