import type { Cidr } from '../../core/cidr.ts'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'
import type { RecordType } from '../../core/family.ts'
import { parseNat64Prefix } from '../../core/nat64-prefix.ts'
import type { Query } from '../query.ts'
import type { Answer, Families } from '../types.ts'
import { createPrefixDiscovery } from './discover-prefix.ts'
import { synthesise, synthesiseMapped, withEmbedded } from './translate.ts'

/** How long an answer that needs no translation waits for the prefix that would tell what its addresses are. */
export const RECOGNITION_WAIT_MS = 50

const NONE: readonly Cidr[] = []

/** The prefixes of the network's translator; none where it has none, or where none is needed. */
export type Prefixes = readonly Cidr[] | Promise<readonly Cidr[]>

/** What a host without IPv4 does about IPv4 addresses. A host that has IPv4 is left alone. */
export type Nat64 = {
  /** The prefixes that count on a host with connectivity by these families. A promise never rejects. */
  readonly prefixes: (families: Families) => Prefixes
  /** An answer as a host with these families is to have it. */
  readonly translate: (
    answer: Answer,
    record: RecordType,
    families: Families,
    prefixes: Prefixes,
  ) => Answer | Promise<Answer>
  /** The network is another one. */
  readonly forget: () => void
}

const readSetting = (setting: string): readonly Cidr[] | undefined => {
  if (setting === 'auto') return undefined
  if (setting === 'off') return NONE
  const prefix = parseNat64Prefix(setting)
  if (prefix) return [prefix]
  throw fail(
    'ERR_INVALID_ADDRESS',
    `nat64: found "${setting}"; allowed: auto, off, or an IPv6 prefix of 32, 40, 48, 56, 64 or 96 bits, such as 64:ff9b::/96`,
    { found: setting },
  )
}

const needsNat64 = ({ ipv4, ipv6 }: Families): boolean => ipv6 && !ipv4

/**
 * NAT64 as a client does it (draft-ietf-happy-happyeyeballs-v3 section 8.2): on a host with
 * connectivity by IPv6 alone, IPv4 addresses become IPv6 ones of the network's translator.
 *
 * @param setting `auto`: the prefix is asked for (RFC 7050); `off`; or a prefix
 * @param query with a cache
 * @throws ERR_INVALID_ADDRESS for another setting
 */
export const createNat64 = (setting: string, query: Query, clock: Clock): Nat64 => {
  const given = readSetting(setting)
  const discovery = createPrefixDiscovery(query, clock)
  const isOff = given?.length === 0
  /** What discovery came to last in this network: nobody waits twice for a name that no server answers. */
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

  /** The prefixes as far as they are known within a short time. */
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
        // A prefix that was given tells what its addresses are on any host: rules are about what they stand for.
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
