import type { Socket } from 'node:net'
import type { AddrInfo } from './addr-info.ts'
import { readAddrInfos } from './addr-info.ts'
import { invalidArgument } from './check-argument.ts'
import type { ConnectTarget } from './connect-target.ts'
import { readTarget } from './connect-target.ts'
import { raceAddresses, raceName } from './races.ts'
import type { RaceOptions } from './race-options.ts'
import { CONNECT_TIMEOUT_MS, checkOptions } from './race-options.ts'

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

/**
 * Races resolved addresses (RFC 8305 sections 4 and 5) and resolves to the first socket that connects. It
 * looks up and sorts nothing; a duplicate address is tried once.
 *
 * The first attempt starts at once. Each further one starts `happyEyeballsDelayMs` after the previous one,
 * or as soon as the newest has failed, but never within 10 ms of a start that put a packet on the wire. An
 * attempt lasts until there is a winner; at most six are in flight, those older than 3 s not counted.
 *
 * @param addrInfos at least one, in order of preference, before they are interleaved
 * @param options `timeoutMs` is null by default: no limit but the system's own for a connection
 * @returns the winner: a plain, connected socket, which the caller has to close. No other socket stays open
 * @throws ERR_INVALID_ARG for invalid arguments; RaceError if nothing connected; the reason of `signal`;
 *   what `onTrace` threw. The promise rejects with each of them
 */
export const startConnection = async (
  addrInfos: readonly AddrInfo[],
  options: RaceOptions = {},
): Promise<Socket> => {
  const addresses = readAddrInfos(addrInfos, 'addrInfos')
  if (addresses.length === 0) {
    throw invalidArgument('addrInfos', addrInfos, 'a list of at least one address', 'array')
  }
  return raceAddresses(addresses, checkOptions(options, null), { host: null, port: null })
}
