import type { Ip } from '../../core/ip.ts'
import { ipFromBytes } from '../../core/ip.ts'

/** One line of /proc/net/if_inet6: an IPv6 address of this host. */
export type IfInet6 = {
  readonly ip: Ip
  /** The interface's name. */
  readonly name: string
  /** 0 to 128. */
  readonly prefixLength: number
  /** Its preferred lifetime is over (RFC 4862 section 5.5.4): to be used no more for what is new. */
  readonly deprecated: boolean
}

/** Linux, include/uapi/linux/if_addr.h: IFA_F_DEPRECATED. */
const FLAG_DEPRECATED = 0x20

/**
 * Reads /proc/net/if_inet6 of Linux: a line is the address in 32 hexadecimal digits, the index of
 * the interface, prefix length, scope and flags in hexadecimal, and the interface's name. A line of
 * any other form is left out.
 */
export const parseIfInet6 = (text: string): readonly IfInet6[] => {
  const found: IfInet6[] = []
  for (const line of text.split('\n')) {
    const match =
      /^([0-9a-f]{32}) +[0-9a-f]+ +([0-9a-f]{1,2}) +[0-9a-f]+ +([0-9a-f]{1,8}) +(\S+) *$/i.exec(
        line,
      )
    if (!match) continue
    const [, digits = '', length = '', flags = '', name = ''] = match
    const prefixLength = Number.parseInt(length, 16)
    if (prefixLength > 128) continue
    found.push({
      ip: ipFromBytes(
        Uint8Array.from(digits.match(/../g) ?? [], pair => Number.parseInt(pair, 16)),
      ),
      name,
      prefixLength,
      deprecated: (Number.parseInt(flags, 16) & FLAG_DEPRECATED) !== 0,
    })
  }
  return found
}
