import { fail } from '../core/fail.ts'
import type { Mutable } from '../core/mutable.ts'
import type { ListenerParts } from '../listener/session-types.ts'
import type { EgressDialers, ListenerDialer } from './egress-dialers.ts'

/** The parts of all listeners, which change with a configuration. */
type ListenerPartsInForce = {
  /** Puts a configuration in force, also for connections without a request yet. */
  readonly change: (
    common: Omit<ListenerParts, keyof ListenerDialer>,
    dialers: Pick<EgressDialers, 'listeners' | 'removed'>,
  ) => void
  /** @throws ERR_BUG for a listener that is not in force */
  readonly of: (listener: string) => ListenerParts
  /** Whether a connection may still use the parts of a listener that was removed. */
  readonly isUsed: (removed: string) => boolean
}

/**
 * Each listener has one object for its life, changed in place by every configuration: its sessions hold the
 * object, and so meet what is in force when their request comes. Connections of a removed listener may live
 * on, and only they keep its object.
 */
export const createListenerParts = (): ListenerPartsInForce => {
  let inForce: ReadonlyMap<string, Mutable<ListenerParts>> = new Map()
  let removed: ReadonlyMap<string, WeakRef<Mutable<ListenerParts>>> = new Map()

  const known = (name: string): Mutable<ListenerParts> | undefined =>
    inForce.get(name) ?? removed.get(name)?.deref()

  const change: ListenerPartsInForce['change'] = (common, dialers) => {
    const next = new Map<string, Mutable<ListenerParts>>()
    for (const [name, { dialer }] of dialers.listeners) {
      const parts = known(name)
      next.set(name, parts ? Object.assign(parts, common, dialer) : { ...common, ...dialer })
    }
    const leaving = new Map<string, WeakRef<Mutable<ListenerParts>>>()
    for (const [name, { dialer }] of dialers.removed) {
      const parts = known(name)
      if (parts) leaving.set(name, new WeakRef(Object.assign(parts, common, dialer)))
    }
    inForce = next
    removed = leaving
  }

  return {
    change,
    of: listener => {
      const parts = inForce.get(listener)
      if (!parts) throw fail('ERR_BUG', `listener ${listener} has a handler but is not in force`)
      return parts
    },
    isUsed: listener => removed.get(listener)?.deref() !== undefined,
  }
}
