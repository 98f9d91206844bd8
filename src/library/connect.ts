import type { Socket } from 'node:net'
import { classifyHost } from '../resolver/literal.ts'
import type { AddrInfo } from './addr-info.ts'
import { checkPort } from './addr-info.ts'
import { checkOptions } from './check-options.ts'
import { invalidArgument } from './invalid-argument.ts'
import { raceAddresses } from './race-addresses.ts'
import { CONNECT_TIMEOUT_MS } from './race-defaults.ts'
import { raceName } from './race-name.ts'
import type { RaceOptions } from './race-options.ts'
import { readAddresses } from './read-addresses.ts'

/** Where to, and how to race. `timeoutMs` is 30,000 by default, and covers the lookups. */
export type ConnectOptions = RaceOptions & {
  /**
   * A name, which is looked up as the daemon does it, or an IP address, with its zone where it has
   * one; IPv6 with or without brackets. `localhost` is both loopback addresses. Needed unless there are
   * `addresses`.
   */
  readonly host?: string | undefined
  /** 1 to 65535. Needed unless all `addresses` have their own. */
  readonly port?: number | undefined
  /**
   * What `host` resolves to, where that is known: nothing is looked up then, and they are raced in
   * their order, interleaved. Texts such as `192.0.2.1`, `2001:db8::1`, `192.0.2.1:443`,
   * `[fe80::1%eth0]:443`, or AddrInfos.
   */
  readonly addresses?: readonly (string | AddrInfo)[] | undefined
}

const checkHost = (host: unknown): string => {
  const allowed = 'a name or an IP address'
  if (typeof host !== 'string') throw invalidArgument('options.host', host, allowed)
  const found = classifyHost(host)
  if (found.kind === 'invalid') {
    throw invalidArgument('options.host', host, `${allowed} (${found.message})`)
  }
  return host.startsWith('[') ? host.slice(1, -1) : host
}

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
  const { host, port, addresses } = options
  if (addresses === undefined) {
    const target = { host: checkHost(host), port: checkPort(port, 'options.port', 1) }
    return raceName(target, checked)
  }
  const target = {
    host: host === undefined ? null : checkHost(host),
    port: port === undefined ? null : checkPort(port, 'options.port', 1),
  }
  return raceAddresses(readAddresses(addresses, port), checked, target)
}
