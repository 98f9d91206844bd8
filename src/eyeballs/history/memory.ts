import { LRUCache } from 'lru-cache'
import type { ReadIp } from '../../core/ip.ts'
import { parseIp, unmapIp } from '../../core/ip.ts'
import type { Evidence } from './evidence.ts'
import type { RoundTrip } from './round-trip.ts'
import { addSample, believed } from './round-trip.ts'
import type { Demotion } from './demotion.ts'
import { EVIDENCE_MAX_AGE_MS, demote, isFresh, isRemembered } from './demotion.ts'
import { networkText } from './network-text.ts'

/**
 * The network whose failures an address is assumed to share: the /48 of an IPv6 address, the /24 of an IPv4
 * address. A NAT64 address uses the IPv4 address in it, but apart from native IPv4, which takes another
 * path. The zone separates link-local networks.
 *
 * @param embedded the IPv4 address in a NAT64 address
 */
export const networkKey = (
  address: string,
  embedded?: string,
  readIp: ReadIp = parseIp,
): string => {
  const parsed = readIp(embedded ?? address)
  if (!parsed) return address
  const { family, bytes } = unmapIp(parsed)
  const prefix = bytes.subarray(0, family === 4 ? 3 : 6).join('.')
  if (embedded !== undefined) return `nat64 ${prefix}`
  return parsed.zone === undefined ? prefix : `${prefix} ${parsed.zone}`
}

/** What is known about one address at one time. */
export type Known = {
  readonly roundTrip: RoundTrip | undefined
  /** The demotions of the address and of its network. */
  readonly own: Demotion | undefined
  readonly network: Demotion | undefined
}

/** Stores what races have shown about addresses and networks. */
export type Memory = {
  readonly recall: (candidate: Evidence['candidate'], now: number, readIp?: ReadIp) => Known
  readonly learn: (evidence: Evidence, now: number, readIp?: ReadIp) => void
  readonly clear: () => void
  /** What is demoted now, the newest evidence first. @param limit maximum number */
  readonly demoted: (now: number, limit: number) => readonly DemotedPrefix[]
}

/** An address or a network that races put behind others. Times are those of the clock. */
export type DemotedPrefix = {
  /** `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/48`. */
  readonly prefix: string
  readonly evidenceAt: number
  /** From then on a race tries it like any other. */
  readonly until: number
  readonly unresponsive: boolean
  readonly passedOver: number
}

/** Maximum numbers of addresses and networks; the most recently used are kept. */
const ADDRESSES_MAX = 10_000
const NETWORKS_MAX = 5000

/** The counts of answers and silences of a network halve in this time. */
const HALF_LIFE_MS = 60_000

/** The count of answers is capped, so that a network that dies is detected soon. */
const GOOD_MAX = 2

/**
 * The count of silences must exceed the answers by this much: one of each within a minute is a dead host in
 * a working network.
 */
const MARGIN = 0.5

type AddressMemory = {
  /** The key of its network. */
  readonly key: string
  roundTrip?: RoundTrip | undefined
  demotion?: Demotion | undefined
}

type NetworkMemory = {
  /** Recent counts of addresses in it that answered, and that were silent. */
  good: number
  bad: number
  /** When both counts were last updated. */
  at: number
}

const remembered = (demotion: Demotion | undefined, now: number): Demotion | undefined =>
  isRemembered(demotion, now) ? demotion : undefined

/** Creates an empty memory with bounded size. */
export const createMemory = (): Memory => {
  const addresses = new LRUCache<string, AddressMemory>({ max: ADDRESSES_MAX })
  const networks = new LRUCache<string, NetworkMemory>({ max: NETWORKS_MAX })
  /** Kept apart from the counts, so that races need not look up networks while none is demoted. */
  const demotions = new LRUCache<string, Demotion>({ max: NETWORKS_MAX })

  const networkDemotion = (key: string, now: number): Demotion | undefined => {
    const demotion = remembered(demotions.get(key), now)
    if (!demotion) demotions.delete(key)
    return demotion
  }

  const addressMemory = (
    { address, embedded }: Evidence['candidate'],
    readIp?: ReadIp,
  ): AddressMemory => {
    const known = addresses.get(address)
    if (known) return known
    const created = { key: networkKey(address, embedded, readIp) }
    addresses.set(address, created)
    return created
  }

  const networkMemory = (key: string, now: number): NetworkMemory => {
    const known = networks.get(key)
    if (!known) {
      const created = { good: 0, bad: 0, at: now }
      networks.set(key, created)
      return created
    }
    const left = 0.5 ** ((now - known.at) / HALF_LIFE_MS)
    known.good *= left
    known.bad *= left
    known.at = now
    return known
  }

  return {
    recall: ({ address, embedded }, now, readIp) => {
      const known = addresses.get(address)
      return {
        roundTrip: believed(known?.roundTrip, now),
        own: remembered(known?.demotion, now),
        network:
          demotions.size === 0
            ? undefined
            : networkDemotion(known?.key ?? networkKey(address, embedded, readIp), now),
      }
    },
    learn: ({ candidate, what, roundTripMs }, now, readIp) => {
      const memory = addressMemory(candidate, readIp)
      if (roundTripMs !== undefined) {
        memory.roundTrip = addSample(believed(memory.roundTrip, now), roundTripMs, now)
      }
      if (what === 'connected') return
      const counts = networkMemory(memory.key, now)
      const own = remembered(memory.demotion, now)
      const shared = networkDemotion(memory.key, now)
      if (what === 'answered' && (own?.unresponsive || shared?.unresponsive)) return
      if (what === 'answered' || what === 'confirmed') {
        memory.demotion = undefined
        demotions.delete(memory.key)
        counts.good = Math.min(counts.good + 1, GOOD_MAX)
        counts.bad = 0
        return
      }
      // A dead host counts once against its network, although it is probed again.
      if (!isFresh(own, now)) counts.bad++
      const unresponsive = what === 'unresponsive'
      memory.demotion = demote(own, now, unresponsive)
      if (shared || counts.bad > counts.good + MARGIN) {
        demotions.set(memory.key, demote(shared, now, unresponsive))
      }
    },
    demoted: (now, limit) => {
      const found: DemotedPrefix[] = []
      const add = (prefix: string, demotion: Demotion | undefined): void => {
        if (!demotion || !isFresh(demotion, now)) return
        const { evidenceAt, unresponsive, passedOver } = demotion
        const until = evidenceAt + EVIDENCE_MAX_AGE_MS
        found.push({ prefix, evidenceAt, until, unresponsive, passedOver })
      }
      for (const [key, demotion] of demotions.entries()) add(networkText(key), demotion)
      for (const [address, { demotion }] of addresses.entries()) add(address, demotion)
      return found.toSorted((a, b) => b.evidenceAt - a.evidenceAt).slice(0, limit)
    },
    clear: () => {
      addresses.clear()
      networks.clear()
      demotions.clear()
    },
  }
}
