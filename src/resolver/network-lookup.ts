import type { Requester } from '../core/requester.ts'
import type { RecordType } from '../core/ip.ts'
import { parseIp } from '../core/ip.ts'
import { withoutIpv4 } from './answers.ts'
import type { CachedQuery } from './cache.ts'
import type { DnsServer } from './dns/servers.ts'
import type { Host } from './literal.ts'
import type { Nat64 } from './nat64/create-nat64.ts'
import { isExempt } from './nat64/translate.ts'
import { createSearch } from './search.ts'
import type { SystemConfig } from './system-config.ts'
import { NOTHING_CONFIGURED } from './system-config.ts'
import type { Answer, Families } from './types.ts'

/** What a lookup needs to know about this host and its network. */
type NetworkState = {
  /** Updates the configuration and families, and calls `onChange` if the network has changed. */
  readonly update: () => void | Promise<void>
  /** The configuration at the last update. */
  readonly config: () => SystemConfig
  readonly families: () => Families
}

const isSame = (a: readonly DnsServer[], b: readonly DnsServer[]): boolean =>
  a.length === b.length && a.every(({ text }, i) => text === b[i]?.text)

/**
 * Detects changes of the network: other DNS servers, or other addresses of this host (a VPN, a new DHCP
 * lease). Cached answers and learnt failures are invalid then.
 *
 * @param epoch returns another number after this host's addresses have changed
 */
export const createNetworkState = ({
  config,
  families,
  epoch,
  onChange,
}: {
  readonly config: () => SystemConfig | Promise<SystemConfig>
  readonly families: () => Families | Promise<Families>
  readonly epoch: () => number
  readonly onChange: () => void
}): NetworkState => {
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
    update: () => {
      const [nowConfig, nowFamilies] = [config(), families()]
      return nowConfig instanceof Promise || nowFamilies instanceof Promise
        ? Promise.all([nowConfig, nowFamilies]).then(([settings, both]) => take(settings, both))
        : take(nowConfig, nowFamilies)
    },
    config: () => known,
    families: () => usable,
  }
}

/** Looks names up in the current network, with NAT64 if needed. */
type NetworkLookup = {
  /** Adapts an answer that is known without a query. On a host with IPv4 this does not update the network state. */
  readonly adapt: (answer: Answer, record: RecordType) => Answer | Promise<Answer>
  /**
   * Looks up a name by DNS or the C library. The caller must have called `update` of the network state right
   * before.
   *
   * @param update as for `Lookup`, but it may be called before the promise has settled
   */
  readonly query: (
    host: Host & { readonly kind: 'name' },
    record: RecordType,
    update?: (answer: Answer) => void,
    requester?: Requester,
  ) => Answer | Promise<Answer>
}

/** Families with which NAT64 translates nothing. */
const BOTH_FAMILIES: Families = { ipv4: true, ipv6: true }

const isExemptAddress = (address: string): boolean => {
  const ip = parseIp(address)
  return ip?.family === 4 && isExempt(ip)
}

/** @param records the enabled record types, in the order in which they are queried */
export const createNetworkLookup = ({
  mode,
  records,
  families,
  network,
  cached,
  nat64,
}: {
  readonly mode: 'dns' | 'system'
  readonly records: readonly RecordType[]
  readonly families: () => Families | Promise<Families>
  readonly network: NetworkState
  readonly cached: CachedQuery
  readonly nat64: Nat64
}): NetworkLookup => {
  /** NAT64 translates IPv4 addresses to IPv6 addresses, so both families must be enabled. */
  const isWanted = records.length === 2
  /** Whether a NAT64 leads to IPv4 addresses, or its prefix is not known yet. */
  let translating = false
  const isAsked = (record: RecordType): boolean => {
    const { ipv4, ipv6 } = network.families()
    if (record === 'A') return ipv4 || translating
    return ipv6 && !network.config().noAaaa
  }
  const search = createSearch(cached.query, network.config, () => records.filter(isAsked), mode)

  /** Returns the translation of answers for the current network. */
  const translator = (record: RecordType): ((answer: Answer) => Answer | Promise<Answer>) => {
    const usable = isWanted ? network.families() : BOTH_FAMILIES
    const prefixes = nat64.prefixes(usable)
    translating = prefixes instanceof Promise || prefixes.length > 0
    return answer => nat64.translate(answer, record, usable, prefixes)
  }

  return {
    adapt: (answer, record) => {
      if (!answer.ok) return answer
      const go = (usable: Families): Answer | Promise<Answer> => {
        if (usable.ipv4 || !isWanted) return nat64.translate(answer, record, BOTH_FAMILIES, [])
        if (answer.addresses.every(isExemptAddress)) return answer
        const updating = network.update()
        return updating
          ? updating.then(() => translator(record)(answer))
          : translator(record)(answer)
      }
      const usable = families()
      return usable instanceof Promise ? usable.then(go) : go(usable)
    },
    query: ({ name, absolute }, record, update, requester) => {
      const translate = translator(record)
      if (!records.includes(record) || !isAsked(record)) {
        return { ok: false, code: 'ENODATA', source: 'none' }
      }
      // The AAAA answer may have contained IPv4-mapped addresses.
      const wantsIpv4 = records.includes('A') && network.families().ipv4
      // A was queried while the prefix was unknown; without NAT64 this host cannot use its addresses.
      const conclude = (answer: Answer): Answer => {
        if (wantsIpv4 || !answer.ok || answer.source === 'nat64') return answer
        return record === 'A' ? { ok: false, code: 'ENODATA', source: mode } : withoutIpv4(answer)
      }
      const finish = (answer: Answer): Answer | Promise<Answer> => {
        const translated = translate(answer)
        return translated instanceof Promise ? translated.then(conclude) : conclude(translated)
      }
      const renew =
        update && ((answer: Answer): void => void Promise.resolve(finish(answer)).then(update))
      let known: Answer | undefined
      let settle = (answer: Answer): void => void (known = answer)
      const onAnswer = (answer: Answer): void => settle(answer)
      search(name, absolute, record, onAnswer, renew, requester)
      return known
        ? finish(known)
        : new Promise<Answer>(resolve => void (settle = resolve)).then(finish)
    },
  }
}
