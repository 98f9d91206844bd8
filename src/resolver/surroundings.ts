import type { DnsServer } from './dns/servers.ts'
import { NOTHING_CONFIGURED } from './system-config.ts'
import type { SystemConfig } from './system-config.ts'
import type { Families } from './types.ts'

/** What a lookup needs to know of this host and its network at the moment. */
export type Surroundings = {
  /** Looks again, and tells `onChange` where the network is another one. */
  readonly look: () => void | Promise<void>
  /** As it was at the last look. */
  readonly config: () => SystemConfig
  readonly families: () => Families
}

const isSame = (a: readonly DnsServer[], b: readonly DnsServer[]): boolean =>
  a.length === b.length && a.every(({ text }, i) => text === b[i]?.text)

/**
 * Keeps an eye on the network. It is another one where the servers are others or the host's addresses
 * have changed (a VPN, a new lease): what was learnt before says nothing then.
 *
 * @param epoch another number than before: the host's addresses have changed
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
