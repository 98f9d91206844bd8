import type { Endpoint } from '../net/types.ts'
import { classifyHost } from '../resolver/literal.ts'
import type { AddrInfo } from './addr-info.ts'
import { checkPort } from './addr-info.ts'
import { invalidArgument } from './invalid-argument.ts'
import { readAddresses } from './read-addresses.ts'

/** The target of `connect`. */
export type ConnectTarget = {
  /**
   * A name, which is looked up as the daemon does it, or an IP address with an optional zone; IPv6 with or
   * without brackets. `localhost` means both loopback addresses. Required unless there are `addresses`.
   */
  readonly host?: string | undefined
  /** 1 to 65535. Required unless all `addresses` have a port. */
  readonly port?: number | undefined
  /**
   * The addresses of `host`, if they are known: they are not looked up, and are raced in their order,
   * interleaved. Texts such as `192.0.2.1`, `2001:db8::1`, `192.0.2.1:443`, `[fe80::1%eth0]:443`, or
   * AddrInfos.
   */
  readonly addresses?: readonly (string | AddrInfo)[] | undefined
}

/** The checked target: a host and port to look up, or addresses with the host and port for error messages. */
export type ReadTarget =
  | { readonly host: string; readonly port: number; readonly addresses: undefined }
  | {
      readonly host: string | null
      readonly port: number | null
      readonly addresses: readonly Endpoint[]
    }

const checkHost = (host: unknown): string => {
  const allowed = 'a name or an IP address'
  if (typeof host !== 'string') throw invalidArgument('options.host', host, allowed)
  const found = classifyHost(host)
  if (found.kind === 'invalid') {
    throw invalidArgument('options.host', host, `${allowed} (${found.message})`, 'string')
  }
  return host.startsWith('[') ? host.slice(1, -1) : host
}

/**
 * Checks the target.
 *
 * @throws ERR_INVALID_ARG
 */
export const readTarget = ({ host, port, addresses }: ConnectTarget): ReadTarget => {
  if (addresses === undefined) {
    return { host: checkHost(host), port: checkPort(port, 'options.port', 1), addresses }
  }
  return {
    host: host === undefined ? null : checkHost(host),
    port: port === undefined ? null : checkPort(port, 'options.port', 1),
    addresses: readAddresses(addresses, port),
  }
}
