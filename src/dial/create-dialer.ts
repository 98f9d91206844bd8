import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock } from '../core/clock.ts'
import type { DialerOptions } from '../eyeballs/dialer.ts'
import { dialBy, racesOver } from '../eyeballs/dialer.ts'
import type { History } from '../eyeballs/history/create-history.ts'
import { createHistory } from '../eyeballs/history/create-history.ts'
import type { RaceCount } from '../eyeballs/race-count.ts'
import { createRaceCount } from '../eyeballs/race-count.ts'
import type { AttemptBudget, BeginRace, Dial } from '../eyeballs/types.ts'
import { systemServers } from '../net/host/system-servers.ts'
import type { Connect, Network, OnExhausted } from '../net/network.ts'
import { createOpenMessageStream } from '../net/node/open-message-stream.ts'
import { createOpenUdp, reportExhausted } from '../net/node/open-udp.ts'
import { createSystemLookup } from '../net/system-lookup/create-system-lookup.ts'
import type { ResolverDeps } from '../resolver/create-resolver.ts'
import { createResolver } from '../resolver/create-resolver.ts'
import { createQueryLoad } from '../resolver/query-load.ts'
import type { ResolverOptions } from '../resolver/resolver-options.ts'
import type { Resolver } from '../resolver/types.ts'

/** What lookups need from the host besides network and clock; all resolvers of a process share it. */
export type LookupParts = Omit<ResolverDeps, 'clock' | 'families' | 'epoch' | 'load'> &
  Required<Pick<ResolverDeps, 'load'>>

const IDS = 65_536

/**
 * Creates the lookup parts of this host.
 *
 * @param hasInterface whether this host has an interface of that name
 * @param queriesMax maximum number of DNS queries in flight, and so of their sockets; 1 or more
 */
export const createHostLookups = ({
  hasInterface,
  queriesMax,
  onHostsCut,
  onExhausted,
  observer,
}: {
  readonly hasInterface: (name: string) => boolean
  readonly queriesMax: number
  readonly onHostsCut?: ResolverDeps['onHostsCut']
  readonly onExhausted?: OnExhausted
  readonly observer?: ResolverDeps['observer']
}): LookupParts => ({
  transport: {
    openUdp: reportExhausted(createOpenUdp(hasInterface), onExhausted),
    openStream: createOpenMessageStream(hasInterface),
    randomId: () => randomInt(IDS),
  },
  openSystemLookup: () => createSystemLookup(),
  systemServers: () => systemServers(),
  load: createQueryLoad(queriesMax),
  env: process.env,
  ...(process.platform === 'linux' && { hostname }),
  ...(onHostsCut && { onHostsCut }),
  ...(observer && { observer }),
})

type Adaptive = DialerOptions['adaptive']

/** Parts that several races share: a resolver, and a history if `adaptive` has bounds for it. */
export type SharedParts<A extends Adaptive = NonNullable<Adaptive>> = {
  readonly resolver: Resolver
  readonly history: A extends null ? null : History
}

/**
 * Creates a resolver and a history for races on one network; both are cleared when this host's addresses
 * change.
 *
 * @param adaptive the bounds of the history; null disables it
 * @returns the caller must close the resolver
 * @throws ERR_INVALID_ADDRESS, ERR_INVALID_NAME or ERR_INVALID_ARG for invalid options
 */
export const createSharedParts = <A extends Adaptive>(
  options: ResolverOptions,
  adaptive: A,
  {
    clock,
    network: { connectivity, epoch },
    lookups,
  }: {
    readonly clock: Clock
    readonly network: Pick<Network<never>, 'connectivity' | 'epoch'>
    readonly lookups: LookupParts
  },
): SharedParts<A> => ({
  resolver: createResolver(options, { ...lookups, clock, families: connectivity, epoch }),
  history: (adaptive && createHistory({ clock, epoch, ...adaptive })) as SharedParts<A>['history'],
})

/** Options of name lookups and of races. */
export type CreateDialerOptions = {
  readonly resolver: ResolverOptions
  readonly race: DialerOptions
}

/** `S` is a connected socket. */
export type HostDialer<S> = {
  readonly dial: Dial<S>
  /** Runs the same races with callbacks, for a caller that starts thousands of them. */
  readonly begin: BeginRace<S>
  /** `begin` with other connections, which leave by the same path. */
  readonly beginBy: (connect: Connect<S>) => BeginRace<S>
  readonly resolver: Resolver
  /** Null if races do not learn from earlier ones. */
  readonly history: Pick<History, 'demoted'> | null
  /** Calls back when no race runs: at once, or at the end of the last one. */
  readonly whenIdle: RaceCount['whenIdle']
}

/**
 * Connects the parts of a race on this host: resolver, network, race engine and history.
 *
 * @param network creates the sockets of the races; several dialers may share it, as well as `lookups` and
 *   `budget`
 * @returns the caller must close the resolver; races that still run then fail with ECANCELLED
 * @throws ERR_INVALID_ADDRESS, ERR_INVALID_NAME or ERR_INVALID_ARG for invalid options
 */
export const createDialer = <S>(
  { resolver: resolverOptions, race }: CreateDialerOptions,
  {
    clock,
    network,
    lookups,
    budget,
  }: {
    readonly clock: Clock
    readonly network: Network<S>
    readonly lookups: LookupParts
    /** Limits the descriptors of all races; no limit by default. */
    readonly budget?: AttemptBudget
  },
): HostDialer<S> => {
  const host = { clock, network, lookups }
  const { resolver, history } = createSharedParts(resolverOptions, race.adaptive, host)
  const count = createRaceCount()
  const parts = {
    lookup: resolver.lookup,
    clock,
    network,
    count,
    ...(history && { history }),
    ...(budget && { budget }),
  }
  const begin = racesOver(parts, race)
  return {
    dial: dialBy(begin),
    begin,
    beginBy: connect => racesOver({ ...parts, network: { ...network, connect } }, race),
    resolver,
    history,
    whenIdle: count.whenIdle,
  }
}
