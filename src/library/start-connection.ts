import type { Socket } from 'node:net'
import type { AddrInfo } from './addr-info.ts'
import { readAddrInfos } from './addr-info.ts'
import { checkOptions } from './check-options.ts'
import { invalidArgument } from './invalid-argument.ts'
import { raceAddresses } from './race-addresses.ts'
import type { RaceOptions } from './race-options.ts'

/**
 * Races addresses that are resolved already (RFC 8305 sections 4 and 5) and resolves to the first
 * socket that connects. Nothing is looked up or sorted; an address that is there twice is tried once.
 *
 * The first attempt starts at once, each further one `happyEyeballsDelayMs` after the one before, or
 * as soon as the newest has failed, in no case within 10 ms of a start that put a packet on the wire.
 * An attempt that was started lives until there is a winner; at most six are in flight, those older
 * than 3 s not counted.
 *
 * @param addrInfos at least one, in the order in which they shall be tried before they are interleaved
 * @param options `timeoutMs` is null by default: no limit but the system's own for a connection
 * @returns the winner: a plain socket, connected, and the caller's to close. Nothing else is left open
 * @throws ERR_INVALID_ARG for arguments that make no sense; RaceError where nothing connected; the
 *   reason of `signal`; what `onTrace` threw. As a rejection, each of them
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
