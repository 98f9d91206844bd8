import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import type { Egress, EgressPath } from '../core/egress.ts'
import { PLAIN_EGRESS, pathOf } from '../core/egress.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { createAttemptBudget } from '../dial/attempt-budget.ts'
import type { CreateDialerOptions, HostDialer, LookupParts } from '../dial/create-dialer.ts'
import { createDialer } from '../dial/create-dialer.ts'
import type { ListenerParts } from '../listener/session-types.ts'
import type { EgressNetworks } from '../net/egress-networks.ts'
import type { Network } from '../net/network.ts'
import { daemonEgress, overrideOf } from './check-egress.ts'

export type DialerParts = {
  readonly clock: Clock
  readonly network: Network<StreamSocket>
  readonly egress: EgressNetworks<StreamSocket>
  readonly lookups: LookupParts
  /** The descriptors that the races of all generations share. */
  readonly budget: ReturnType<typeof createAttemptBudget>
}

/** How a listener connects its clients. */
export type ListenerDialer = Pick<ListenerParts, 'race' | 'fullNames'>

/**
 * The dialers of a configuration. Another path has other DNS answers, round-trip times and outages, so each
 * path has a dialer with a resolver, a cache and a history of its own.
 */
export type EgressDialers = {
  /** By path. The owner closes their resolvers. */
  readonly dialers: ReadonlyMap<string, HostDialer<StreamSocket>>
  /** For listeners without an egress of their own. */
  readonly daemon: ListenerDialer
  /** For the others, by name. */
  readonly listeners: ReadonlyMap<string, ListenerDialer>
}

const PLAIN_PATH = JSON.stringify(pathOf(PLAIN_EGRESS))

const dialerOf = (
  path: EgressPath,
  options: CreateDialerOptions,
  { clock, network, egress, lookups, budget }: DialerParts,
): HostDialer<StreamSocket> => {
  if (JSON.stringify(path) === PLAIN_PATH) {
    return createDialer(options, { clock, network, lookups, budget })
  }
  const { facts, dns } = egress.path(path)
  return createDialer(options, {
    clock,
    network: { ...network, ...facts },
    lookups: { ...lookups, transport: { ...lookups.transport, ...dns } },
    budget,
  })
}

/**
 * Creates the dialers of a configuration.
 *
 * @param before dialers with the same options, which stay with their caches; undefined: none
 * @throws the errors of `createDialer` for invalid options
 */
export const createEgressDialers = (
  config: Pick<Config, 'egress' | 'listeners'>,
  options: CreateDialerOptions,
  before: EgressDialers['dialers'] | undefined,
  parts: DialerParts,
): EgressDialers => {
  const dialers = new Map<string, HostDialer<StreamSocket>>()
  const made = new Map<string, ListenerDialer>()
  const create = (egress: Egress): ListenerDialer => {
    const path = pathOf(egress)
    const key = JSON.stringify(path)
    const dialer = dialers.get(key) ?? before?.get(key) ?? dialerOf(path, options, parts)
    dialers.set(key, dialer)
    const race = dialer.beginBy(parts.egress.connect(egress))
    return { race, fullNames: dialer.resolver.fullNames }
  }
  const listenerDialer = (egress: Egress): ListenerDialer => {
    const key = JSON.stringify(egress)
    const known = made.get(key) ?? create(egress)
    made.set(key, known)
    return known
  }
  const base = daemonEgress(config)
  const daemon = listenerDialer(base)
  const listeners = new Map<string, ListenerDialer>()
  for (const { name, egress } of config.listeners) {
    if (egress) listeners.set(name, listenerDialer({ ...base, ...overrideOf(egress) }))
  }
  return { dialers, daemon, listeners }
}
