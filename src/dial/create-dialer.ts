import type { Clock } from '../core/clock.ts'
import { dialBy, racesOver } from '../eyeballs/dialer.ts'
import type { DialerOptions } from '../eyeballs/race-config.ts'
import type { AttemptBudget, BeginRace, Dial } from '../eyeballs/types.ts'
import type { Network } from '../net/types.ts'
import type { ResolverOptions } from '../resolver/resolver-options.ts'
import type { Resolver } from '../resolver/types.ts'
import { createSharedParts } from './create-shared-parts.ts'
import type { LookupParts } from './host-lookups.ts'

/** What races need: how names are looked up, and how the addresses are raced. */
export type CreateDialerOptions = {
  readonly resolver: ResolverOptions
  readonly race: DialerOptions
}

/** `S` is a connected socket. */
export type HostDialer<S> = {
  readonly dial: Dial<S>
  /** The same races, for one who begins thousands of them. */
  readonly begin: BeginRace<S>
  readonly resolver: Resolver
}

/**
 * The wiring of a race on this host: resolver, network, engine, and what its races learn.
 *
 * @param network whose sockets the races use; it may serve several dialers, as `lookups` and `budget` may
 * @returns the resolver is the caller's to close; races that still run then fail with ECANCELLED
 * @throws ERR_INVALID_ADDRESS, ERR_INVALID_NAME or ERR_INVALID_ARG for options that make no sense
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
    /** Of descriptors that all races share; without it there is no limit on them. */
    readonly budget?: AttemptBudget
  },
): HostDialer<S> => {
  const host = { clock, network, lookups }
  const { resolver, history } = createSharedParts(resolverOptions, race.adaptive, host)
  const parts = {
    lookup: resolver.lookup,
    clock,
    network,
    ...(history && { history }),
    ...(budget && { budget }),
  }
  const begin = racesOver(parts, race)
  return { dial: dialBy(begin), begin, resolver }
}
