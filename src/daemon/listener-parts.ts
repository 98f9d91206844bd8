import { fail } from '../core/fail.ts'
import type { Mutable } from '../core/mutable.ts'
import type { ListenerParts } from '../listener/session-types.ts'
import type { EgressDialers, ListenerDialer } from './egress-dialers.ts'

/** The parts of all listeners, which change with a configuration. */
type ListenerPartsInForce = {
  /** Puts a configuration in force, also for connections without a request yet. */
  readonly change: (
    common: Omit<ListenerParts, keyof ListenerDialer>,
    dialers: EgressDialers,
  ) => void
  /** @throws ERR_BUG before the first `change` */
  readonly of: (listener: string) => ListenerParts
}

/**
 * All listeners share one object, so that a reload takes effect for sessions that have not sent their request
 * yet. A listener with an egress of its own has an object that inherits from it, and has another dialer.
 */
export const createListenerParts = (): ListenerPartsInForce => {
  let shared: Mutable<ListenerParts> | undefined
  let own: ReadonlyMap<string, Mutable<ListenerParts>> = new Map()

  const change: ListenerPartsInForce['change'] = (common, { daemon, listeners }) => {
    const all = (shared ??= { ...common, ...daemon })
    Object.assign(all, common, daemon)
    const next = new Map<string, Mutable<ListenerParts>>()
    for (const [name, dialer] of listeners) {
      const parts = own.get(name) ?? (Object.create(all) as Mutable<ListenerParts>)
      next.set(name, Object.assign(parts, dialer))
    }
    // Sessions of a listener that is gone keep its egress, so that none leaves by another way.
    own = next
  }

  return {
    change,
    of: listener => {
      const parts = own.get(listener) ?? shared
      if (!parts) throw fail('ERR_BUG', 'a handler was created before a configuration was in force')
      return parts
    },
  }
}
