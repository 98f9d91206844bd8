import type { Asker } from '../core/asker.ts'
import type { RecordType } from '../core/family.ts'
import { parseIp } from '../core/ip.ts'
import { withoutIpv4 } from './addresses.ts'
import type { CachedQuery } from './cached-query.ts'
import type { Host } from './literal.ts'
import type { Nat64 } from './nat64/create-nat64.ts'
import { isExempt } from './nat64/exemptions.ts'
import { createSearch } from './search.ts'
import type { Surroundings } from './surroundings.ts'
import type { Answer, Families } from './types.ts'

/** How answers come about on this host, whichever source they are from. */
export type Inquiry = {
  /** What is known without a query, as this host can use it. Where it has IPv4, nothing at all is looked at for it. */
  readonly present: (answer: Answer, record: RecordType) => Answer | Promise<Answer>
  /**
   * Asks for a name, by DNS or the C library. The surroundings have been looked at right before.
   *
   * @param update as for a lookup, but it may come before the promise has settled
   */
  readonly ask: (
    host: Host & { readonly kind: 'name' },
    record: RecordType,
    update?: (answer: Answer) => void,
    asker?: Asker,
  ) => Answer | Promise<Answer>
}

/** The families where there is nothing to translate. */
const BOTH_FAMILIES: Families = { ipv4: true, ipv6: true }

const isExemptAddress = (address: string): boolean => {
  const ip = parseIp(address)
  return ip?.family === 4 && isExempt(ip)
}

/** @param records the families that are switched on, in the order in which they are asked for */
export const createInquiry = ({
  mode,
  records,
  families,
  around,
  cached,
  nat64,
}: {
  readonly mode: 'dns' | 'system'
  readonly records: readonly RecordType[]
  readonly families: () => Families | Promise<Families>
  readonly around: Surroundings
  readonly cached: CachedQuery
  readonly nat64: Nat64
}): Inquiry => {
  /** NAT64 makes IPv6 addresses of IPv4 ones: both must be wanted. */
  const isWanted = records.length === 2
  /** Whether a NAT64 leads to IPv4 addresses, or may: it is not known yet. */
  let translating = false
  const isAsked = (record: RecordType): boolean => {
    const { ipv4, ipv6 } = around.families()
    if (record === 'A') return ipv4 || translating
    return ipv6 && !around.config().noAaaa
  }
  const search = createSearch(cached.query, around.config, () => records.filter(isAsked), mode)

  /** What becomes of an answer, as the network is at this moment. */
  const translator = (record: RecordType): ((answer: Answer) => Answer | Promise<Answer>) => {
    const usable = isWanted ? around.families() : BOTH_FAMILIES
    const prefixes = nat64.prefixes(usable)
    translating = prefixes instanceof Promise || prefixes.length > 0
    return answer => nat64.translate(answer, record, usable, prefixes)
  }

  return {
    present: (answer, record) => {
      if (!answer.ok) return answer
      const go = (usable: Families): Answer | Promise<Answer> => {
        if (usable.ipv4 || !isWanted) return nat64.translate(answer, record, BOTH_FAMILIES, [])
        if (answer.addresses.every(isExemptAddress)) return answer
        const looked = around.look()
        return looked ? looked.then(() => translator(record)(answer)) : translator(record)(answer)
      }
      const usable = families()
      return usable instanceof Promise ? usable.then(go) : go(usable)
    },
    ask: ({ name, absolute }, record, update, asker) => {
      const translate = translator(record)
      const none: Answer = { ok: false, code: 'ENODATA', source: mode }
      if (!records.includes(record) || !isAsked(record)) return none
      // An IPv6 lookup may have brought IPv4-mapped addresses.
      const wantsIpv4 = records.includes('A') && around.families().ipv4
      // Without a NAT64 nothing leads there: it was asked for while that was not known.
      const conclude = (answer: Answer): Answer => {
        if (wantsIpv4 || !answer.ok || answer.source === 'nat64') return answer
        return record === 'A' ? none : withoutIpv4(answer)
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
      search(name, absolute, record, onAnswer, renew, asker)
      return known
        ? finish(known)
        : new Promise<Answer>(resolve => void (settle = resolve)).then(finish)
    },
  }
}
