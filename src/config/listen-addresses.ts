import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import { formatListenAddress, parseListenAddress } from '../core/listen-address.ts'
import { isSpecial } from '../core/special-addresses.ts'

/** One address as written; a number is a port without a host. */
export type ListenText = string | number

/** `listen` as written: one text or several. */
export type ListenTexts = ListenText | readonly ListenText[]

/**
 * All addresses that `listen` means; one text may mean two.
 *
 * @throws ERR_INVALID_ADDRESS
 */
export const parseListen = (listen: ListenTexts): readonly ListenAddress[] =>
  [listen].flat().flatMap(text => parseListenAddress(String(text)))

/** Whether every text means one address of each family; the host may have only one of them. */
export const isOptional = (listen: ListenTexts): boolean =>
  [listen].flat().every(text => parseListen(text).length > 1)

/**
 * Whether only programs on this host can reach an address: 127.0.0.0/8, ::1, their IPv4-mapped forms, UNIX
 * sockets. True for passed sockets too, which are checked when they are there (`daemon/systemd/`).
 */
export const isLoopback = (address: ListenAddress): boolean => {
  const ip = address.type === 'tcp' ? parseIp(address.host) : undefined
  return !ip || isSpecial('loopback', unmapIp(ip))
}

/**
 * Two addresses with the same key cannot both be listened on. Undefined for port 0, which is a different
 * port each time.
 */
export const addressKey = (address: ListenAddress): string | undefined => {
  if (address.type !== 'tcp') return formatListenAddress(address)
  if (address.port === 0) return undefined
  const ip = parseIp(address.host)
  return formatListenAddress({ ...address, host: ip ? formatIp(unmapIp(ip)) : address.host })
}
