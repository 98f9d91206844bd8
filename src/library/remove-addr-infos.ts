import { formatHostPort } from '../core/host-port.ts'
import type { Endpoint } from '../net/types.ts'
import type { AddrInfo } from './addr-info.ts'
import { readAddrInfos } from './addr-info.ts'
import type { Addr } from './addr-to-addr-infos.ts'
import { readAddr } from './addr-to-addr-infos.ts'
import { invalidArgument } from './invalid-argument.ts'
import { keepOnly } from './keep-only.ts'

const textOf = ({ address, port }: Endpoint): string => formatHostPort({ host: address, port })

/**
 * Removes an address from a list, in place: every entry with this address, port and zone, in any spelling.
 * Use it so that an address which connected and then failed is not tried again.
 *
 * @throws ERR_INVALID_ARG if the address is invalid or not in the list; the list then stays unchanged
 */
export const removeAddrInfos = (addrInfos: AddrInfo[], address: Addr): void => {
  const texts = readAddrInfos(addrInfos, 'addrInfos', 0).map(textOf)
  const wanted = textOf(readAddr(address, 'address'))
  if (!texts.includes(wanted)) {
    const allowed = `one of the list (${texts.join(', ') || 'empty'})`
    throw invalidArgument('address', wanted, allowed, 'string')
  }
  keepOnly(addrInfos, (_, i) => texts[i] !== wanted)
}
