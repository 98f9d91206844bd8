import type { Clock } from '../core/clock.ts'
import type { DialerOptions } from '../eyeballs/dialer.ts'
import { dialBy, racesOver } from '../eyeballs/dialer.ts'
import type { AttemptBudget, BeginRace, Dial } from '../eyeballs/types.ts'
import type { Network } from '../net/types.ts'
import type { ResolverOptions } from '../resolver/resolver-options.ts'
import type { Resolver } from '../resolver/types.ts'
import { createSharedParts } from './create-shared-parts.ts'
import type { LookupParts } from './host-lookups.ts'

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
  readonly resolver: Resolver
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
