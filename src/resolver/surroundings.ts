import type { DnsServer } from './dns/servers.ts'
import { NOTHING_CONFIGURED } from './system-config.ts'
import type { SystemConfig } from './system-config.ts'
import type { Families } from './types.ts'

/** What a lookup needs to know about this host and its network. */
export type Surroundings = {
  /** Updates the configuration and families, and calls `onChange` if the network has changed. */
  readonly look: () => void | Promise<void>
  /** The configuration at the last look. */
  readonly config: () => SystemConfig
  readonly families: () => Families
}

const isSame = (a: readonly DnsServer[], b: readonly DnsServer[]): boolean =>
  a.length === b.length && a.every(({ text }, i) => text === b[i]?.text)

/**
 * Detects changes of the network: other DNS servers, or other addresses of this host (a VPN, a new DHCP
 * lease). What was learnt before is invalid then.
 *
 * @param epoch returns another number after this host's addresses have changed
 */
export const createSurroundings = ({
  config,
  families,
  epoch,
  onChange,
}: {
  readonly config: () => SystemConfig | Promise<SystemConfig>
  readonly families: () => Families | Promise<Families>
  readonly epoch: () => number
  readonly onChange: () => void
}): Surroundings => {
  let known = NOTHING_CONFIGURED
  let usable: Families = { ipv4: true, ipv6: true }
  let seen: number | undefined

  const take = (nowConfig: SystemConfig, nowFamilies: Families): void => {
    const now = epoch()
    const isOther = seen !== now || !isSame(known.servers, nowConfig.servers)
    known = nowConfig
    usable = nowFamilies
    seen = now
    if (isOther) onChange()
  }

  return {
    look: () => {
      const [nowConfig, nowFamilies] = [config(), families()]
      return nowConfig instanceof Promise || nowFamilies instanceof Promise
        ? Promise.all([nowConfig, nowFamilies]).then(([settings, both]) => take(settings, both))
        : take(nowConfig, nowFamilies)
    },
    config: () => known,
    families: () => usable,
  }
}
