import { isDeepStrictEqual } from 'node:util'
import type { Users, VerifyLogin } from '../auth/types.ts'
import type { Config } from '../config/types.ts'
import type { Clock } from '../core/clock.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { createAttemptBudget } from '../dial/attempt-budget.ts'
import type { HostDialer } from '../dial/create-dialer.ts'
import { createDialer } from '../dial/create-dialer.ts'
import type { LookupParts } from '../dial/host-lookups.ts'
import type { Network } from '../net/types.ts'
import { dialerOptions } from './dialer-options.ts'

/** The check of one listener's logins, and the users that it was made for. */
export type Verifier = { readonly users: Users; readonly verify: VerifyLogin }

/** What one configuration has made. */
export type Generation = {
  readonly config: Config
  readonly dialer: HostDialer<StreamSocket>
  /** By the listener's name; none for a listener without users. */
  readonly verifiers: ReadonlyMap<string, Verifier>
}

export type GenerationParts = {
  readonly clock: Clock
  readonly network: Network<StreamSocket>
  readonly lookups: LookupParts
  readonly createVerify: (users: Users) => VerifyLogin
  /** Of descriptors that the races of all generations share. */
  readonly budget: ReturnType<typeof createAttemptBudget>
}

/**
 * Makes what a configuration needs. The dialer before stays, with all that its cache knows, as long as
 * its options are the same, and so do the verifiers, which remember logins, as long as the users are.
 *
 * @param before what is in force
 * @returns its dialer is the caller's to close, where it is not the one before
 * @throws what `createDialer` throws for options that make no sense
 */
export const createGeneration = (
  config: Config,
  before: Generation | undefined,
  { clock, network, lookups, createVerify, budget }: GenerationParts,
): Generation => {
  const options = dialerOptions(config)
  const isSameDialer = before && isDeepStrictEqual(options, dialerOptions(before.config))
  const verifiers = new Map<string, Verifier>()
  for (const listener of config.listeners) {
    const users = listener.protocol === 'socks' ? listener.users : null
    if (!users) continue
    const known = before?.verifiers.get(listener.name)
    const isSame = known && isDeepStrictEqual(known.users, users)
    verifiers.set(listener.name, isSame ? known : { users, verify: createVerify(users) })
  }
  const dialer = isSameDialer
    ? before.dialer
    : createDialer(options, { clock, network, lookups, budget })
  return { config, dialer, verifiers }
}
