import type { Socket } from 'node:net'
import { checkOptions } from './check-options.ts'
import type { ConnectTarget } from './connect-target.ts'
import { readTarget } from './connect-target.ts'
import { raceAddresses } from './race-addresses.ts'
import { CONNECT_TIMEOUT_MS } from './race-defaults.ts'
import { raceName } from './race-name.ts'
import type { RaceOptions } from './race-options.ts'

/** The target, and how to race. `timeoutMs` is 30,000 by default, and includes the lookups. */
export type ConnectOptions = RaceOptions & ConnectTarget

/**
 * Looks up a host and races its addresses (RFC 8305), as the daemon does for one connection: separate
 * lookups for A and AAAA, addresses sorted by RFC 6724 and interleaved, staggered attempts. All calls of a
 * process share the DNS cache and the history of addresses.
 *
 * @returns the winner: a plain, connected socket, which the caller has to close. No other socket stays open
 * @throws ERR_INVALID_ARG for invalid options; RaceError if nothing connected or `timeoutMs` passed; the
 *   reason of `signal`; what `onTrace` threw. The promise rejects with each of them
 */
export const connect = async (options: ConnectOptions): Promise<Socket> => {
  const checked = checkOptions(options, CONNECT_TIMEOUT_MS)
  const target = readTarget(options)
  return target.addresses === undefined
    ? raceName(target, checked)
    : raceAddresses(target.addresses, checked, target)
}
