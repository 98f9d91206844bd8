import type { Socket } from 'node:net'
import { checkOptions } from './check-options.ts'
import type { ConnectTarget } from './connect-target.ts'
import { readTarget } from './connect-target.ts'
import { raceAddresses } from './race-addresses.ts'
import { CONNECT_TIMEOUT_MS } from './race-defaults.ts'
import { raceName } from './race-name.ts'
import type { RaceOptions } from './race-options.ts'

/** Where to, and how to race. `timeoutMs` is 30,000 by default, and covers the lookups. */
export type ConnectOptions = RaceOptions & ConnectTarget

/**
 * Looks a host up and races what is found (RFC 8305), as the daemon does for one connection: A and
 * AAAA asked apart, the addresses sorted by RFC 6724 and interleaved, the attempts staggered. The
 * calls of a process share the cache of lookups, and what their races have learnt of addresses.
 *
 * @returns the winner: a plain socket, connected, and the caller's to close. Nothing else is left open
 * @throws ERR_INVALID_ARG for options that make no sense; RaceError where nothing connected or
 *   `timeoutMs` was over; the reason of `signal`; what `onTrace` threw. As a rejection, each of them
 */
export const connect = async (options: ConnectOptions): Promise<Socket> => {
  const checked = checkOptions(options, CONNECT_TIMEOUT_MS)
  const target = readTarget(options)
  return target.addresses === undefined
    ? raceName(target, checked)
    : raceAddresses(target.addresses, checked, target)
}
