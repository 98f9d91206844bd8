import type { Clock } from '../core/clock.ts'
import type { History } from '../eyeballs/history/create-history.ts'
import { createHistory } from '../eyeballs/history/create-history.ts'
import type { DialerOptions } from '../eyeballs/dialer.ts'
import type { Network } from '../net/types.ts'
import { createResolver } from '../resolver/create-resolver.ts'
import type { ResolverOptions } from '../resolver/resolver-options.ts'
import type { Resolver } from '../resolver/types.ts'
import type { LookupParts } from './host-lookups.ts'

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
