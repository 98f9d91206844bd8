import { Resolver } from 'node:dns'
import { fail } from '../core/fail.ts'

/** The servers that the system is configured with, as c-ares finds them (on Linux in resolv.conf). */
export const readSystemServers = (): readonly string[] => new Resolver().getServers()

/**
 * Checks servers given by hand: `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`.
 *
 * @returns the same servers in c-ares' own text
 * @throws ERR_INVALID_ADDRESS for the first that is no such address
 */
export const checkServers = (servers: readonly string[]): readonly string[] =>
  servers.map(server => {
    const resolver = new Resolver()
    try {
      resolver.setServers([server])
    } catch (error) {
      throw fail(
        'ERR_INVALID_ADDRESS',
        `"${server}" is not a DNS server: an IP address, with a port as 192.0.2.53:5353 or [2001:db8::53]:5353, is`,
        { found: server },
        error,
      )
    }
    return resolver.getServers()[0] ?? server
  })
