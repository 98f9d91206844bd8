import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import type { EgressOverride, EgressPath } from '../core/egress.ts'
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

/** A listener's dialer, and what the listener replaces of the daemon's egress. */
export type ListenerEgress = { readonly override: EgressOverride; readonly dialer: ListenerDialer }

/**
 * The dialers of a configuration. Another path has other DNS answers, round-trip times and outages, so each
 * path has a dialer with a resolver, a cache and a history of its own.
 */
export type EgressDialers = {
  /** By path. The owner closes their resolvers. */
  readonly dialers: ReadonlyMap<string, HostDialer<StreamSocket>>
  /** By egress: listeners with the same egress share the functions. */
  readonly shared: ReadonlyMap<string, ListenerDialer>
  /** By the names of the listeners. */
  readonly listeners: ReadonlyMap<string, ListenerEgress>
  /** Those of listeners that reloads have removed, for their connections that live on. */
  readonly removed: ReadonlyMap<string, ListenerEgress>
}

/** What other configurations left. */
export type EarlierDialers = {
  /** Dialers with the same options, which stay with their caches; undefined: none. */
  readonly known: EgressDialers | undefined
  /** What removed listeners replaced of the daemon's egress, by name. */
  readonly removed: ReadonlyMap<string, EgressOverride>
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
  // The C library knows no path. Only a removed listener can have one with `mode: system`.
  const resolver = { ...options.resolver, mode: 'dns' } as const
  return createDialer(
    { ...options, resolver },
    {
      clock,
      network: { ...network, ...facts },
      lookups: { ...lookups, transport: { ...lookups.transport, ...dns } },
      budget,
    },
  )
}

/**
 * Creates the dialers of a configuration. The same options and the same egress have the same functions as
 * before, so that kept connections to targets can be used again. A removed listener keeps its egress, so that
 * none of its connections leaves by another way.
 *
 * @throws the errors of `createDialer` for invalid options
 */
export const createEgressDialers = (
  config: Pick<Config, 'egress' | 'listeners'>,
  options: CreateDialerOptions,
  { known, removed }: EarlierDialers,
  parts: DialerParts,
): EgressDialers => {
  const dialers = new Map<string, HostDialer<StreamSocket>>()
  const shared = new Map<string, ListenerDialer>()
  const base = daemonEgress(config)
  const egressOf = (override: EgressOverride): ListenerEgress => {
    const egress = { ...base, ...override }
    const path = pathOf(egress)
    const pathKey = JSON.stringify(path)
    const host =
      dialers.get(pathKey) ?? known?.dialers.get(pathKey) ?? dialerOf(path, options, parts)
    dialers.set(pathKey, host)
    const key = JSON.stringify(egress)
    const dialer = shared.get(key) ??
      known?.shared.get(key) ?? {
        race: host.beginBy(parts.egress.connect(egress)),
        fullNames: host.resolver.fullNames,
      }
    shared.set(key, dialer)
    return { override, dialer }
  }
  return {
    dialers,
    shared,
    listeners: new Map(
      config.listeners.map(({ name, egress }) => [
        name,
        egressOf(egress ? overrideOf(egress) : {}),
      ]),
    ),
    removed: new Map([...removed].map(([name, override]) => [name, egressOf(override)])),
  }
}
