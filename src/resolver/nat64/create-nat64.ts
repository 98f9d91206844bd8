import type { Cidr } from '../../core/cidr.ts'
import { parseNat64Prefix } from '../../core/cidr.ts'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'
import type { RecordType } from '../../core/ip.ts'
import { quote } from '../../core/quote.ts'
import type { Answer, Families, Query } from '../types.ts'
import { createPrefixDiscovery } from './discover-prefix.ts'
import { synthesise, synthesiseMapped, withEmbedded } from './translate.ts'

/** How long an AAAA answer, usable without translation, waits for the NAT64 prefix, in milliseconds. */
export const RECOGNITION_WAIT_MS = 50

const NONE: readonly Cidr[] = []

/** The network's NAT64 prefixes; empty if it has none, or if none is needed. */
export type Prefixes = readonly Cidr[] | Promise<readonly Cidr[]>

/** NAT64 for a host without IPv4. On a host with IPv4 it translates nothing. */
export type Nat64 = {
  /** Returns the prefixes for a host with connectivity in these families. A promise never rejects. */
  readonly prefixes: (families: Families) => Prefixes
  /** Translates an answer for a host with connectivity in these families. */
  readonly translate: (
    answer: Answer,
    record: RecordType,
    families: Families,
    prefixes: Prefixes,
  ) => Answer | Promise<Answer>
  /** The network has changed. */
  readonly forget: () => void
}

const readSetting = (setting: string): readonly Cidr[] | undefined => {
  if (setting === 'auto') return undefined
  if (setting === 'off') return NONE
  const prefix = parseNat64Prefix(setting)
  if (prefix) return [prefix]
  throw fail(
    'ERR_INVALID_ADDRESS',
    `nat64: found ${quote(setting)}; allowed: auto, off, or an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits, such as 64:ff9b::/96`,
    { found: setting },
  )
}

const needsNat64 = ({ ipv4, ipv6 }: Families): boolean => ipv6 && !ipv4

/**
 * Creates NAT64 for a client (draft-ietf-happy-happyeyeballs-v3 section 8.2): on a host with IPv6
 * connectivity only, IPv4 addresses become addresses of the network's NAT64.
 *
 * @param setting `auto`: the prefix is discovered (RFC 7050); `off`; or a prefix
 * @param query a query function with a cache
 * @throws ERR_INVALID_ADDRESS for any other setting
 */
export const createNat64 = (setting: string, query: Query, clock: Clock): Nat64 => {
  const given = readSetting(setting)
  const discovery = createPrefixDiscovery(query, clock)
  const isOff = given?.length === 0
  /** The last discovered prefixes of this network, so that lookups do not wait again if no server answers. */
  let last: readonly Cidr[] | undefined
  let epoch = 0

  const discover = (): Prefixes => {
    const asked = epoch
    const keep = (found: readonly Cidr[]): readonly Cidr[] => {
      if (asked === epoch) last = found
      return found
    }
    const prefixes = discovery.prefixes()
    return prefixes instanceof Promise ? prefixes.then(keep) : keep(prefixes)
  }

  /** Waits a short time for the prefixes; if they come later, there are none. */
  const soon = async (prefixes: Promise<readonly Cidr[]>): Promise<readonly Cidr[]> => {
    let cancel = (): void => {}
    const late = new Promise<readonly Cidr[]>(resolve => {
      cancel = clock.after(RECOGNITION_WAIT_MS, () => resolve(NONE))
    })
    const known = await Promise.race([prefixes, late])
    cancel()
    return known
  }

  return {
    prefixes: families => (isOff || !needsNat64(families) ? NONE : (given ?? discover())),
    translate: (answer, record, families, prefixes) => {
      if (!answer.ok || isOff) return answer
      if (!needsNat64(families)) {
        // A configured prefix is recognized on any host, so that access rules see the embedded IPv4 addresses.
        return record === 'AAAA' && given ? withEmbedded(answer, given) : answer
      }
      if (record === 'AAAA') {
        const finish = (known: readonly Cidr[]): Answer =>
          withEmbedded(synthesiseMapped(answer, known), known)
        if (!(prefixes instanceof Promise)) return finish(prefixes)
        return last ? finish(last) : soon(prefixes).then(finish)
      }
      return prefixes instanceof Promise
        ? prefixes.then(known => synthesise(answer, known))
        : synthesise(answer, prefixes)
    },
    forget: () => {
      epoch++
      last = undefined
      discovery.forget()
    },
  }
}
