import type { ListenAddress } from '../core/listen-address.ts'
import { formatListenAddress } from '../core/listen-address.ts'

/** What of a listener makes its socket, beside the address. */
export type ListenerRights = {
  readonly name: string
  /** Permissions of a UNIX socket. */
  readonly mode: number
  /** Group of a UNIX socket; null: the process's own. */
  readonly group: string | null
}

/** Two listeners with the same key are the same open socket: same address, same rights. */
export const listenerKey = (
  address: ListenAddress,
  { name, mode, group }: ListenerRights,
): string => {
  const text = formatListenAddress(address)
  if (address.type === 'unix') return `${text} ${mode} ${group ?? ''}`
  // Several listeners may each want any free port.
  return address.port === 0 ? `${text} ${name}` : text
}

const isIpv6 = (host: string): boolean => host.includes(':')

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** Whether one address cannot be opened while the other one is. A wildcard covers its own family only. */
export const mayClash = (a: ListenAddress, b: ListenAddress): boolean => {
  if (a.type === 'unix') return b.type === 'unix' && a.path === b.path
  if (b.type === 'unix' || a.port !== b.port || isIpv6(a.host) !== isIpv6(b.host)) return false
  return a.host === b.host || isWildcard(a.host) || isWildcard(b.host)
}
