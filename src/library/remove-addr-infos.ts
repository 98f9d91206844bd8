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
 * Takes an address out of a list, in place: every entry with this address, port and zone, however
 * either is spelt. So that one which connected and then failed is not tried again.
 *
 * @throws ERR_INVALID_ARG where it is not in the list, which is left as it was, or makes no sense
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
