import type { Ip } from '../../core/ip.ts'
import { ipFromBytes } from '../../core/ip.ts'

/** An IPv6 address of this host, from one line of /proc/net/if_inet6. */
export type IfInet6 = {
  readonly ip: Ip
  /** The interface's name. */
  readonly name: string
  /** 0 to 128. */
  readonly prefixLength: number
  /**
   * The preferred lifetime has ended (RFC 4862 section 5.5.4): new connections should not use the address.
   */
  readonly deprecated: boolean
}

/** IFA_F_DEPRECATED of Linux's include/uapi/linux/if_addr.h. */
const FLAG_DEPRECATED = 0x20

/**
 * Parses /proc/net/if_inet6 of Linux. A line holds the address in 32 hexadecimal digits, interface index,
 * prefix length, scope and flags in hexadecimal, and the interface's name. Lines of another form are
 * skipped.
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
