import type { ListenerEvent } from '../listener/events.ts'
import { REJECT_LABELS } from './metrics.ts'
import type { Snapshot } from './snapshot.ts'
import { REMOVED, keyOf } from './snapshot.ts'

/** Counts connections by listener. */
export type ListenerCounts = {
  readonly accepted: (listener: string) => void
  readonly rejected: (event: Extract<ListenerEvent, { readonly type: 'rejected' }>) => void
  /**
   * Sets the listeners in force, which are counted from 0 on. Those that were removed before the previous call
   * lose their own counts, so that a series of reloads takes no memory.
   */
  readonly setListeners: (names: readonly string[]) => void
  readonly read: () => Snapshot
}

type Reason = (typeof REJECT_LABELS)[number]

type Counts = { accepted: number; readonly rejected: Record<Reason, number> }

const createCounts = (): Counts => ({
  accepted: 0,
  rejected: Object.fromEntries(REJECT_LABELS.map(reason => [reason, 0])) as Record<Reason, number>,
})

export const createListenerCounts = (): ListenerCounts => {
  const listeners = new Map<string, Counts>()
  let inForce: ReadonlySet<string> = new Set()

  const of = (name: string): Counts => {
    const known = listeners.get(name)
    if (known) return known
    const counts = createCounts()
    listeners.set(name, counts)
    return counts
  }

  const remove = (name: string, { accepted, rejected }: Counts): void => {
    const into = of(REMOVED)
    into.accepted += accepted
    for (const reason of REJECT_LABELS) into.rejected[reason] += rejected[reason]
    listeners.delete(name)
  }

  return {
    accepted: listener => {
      of(listener).accepted++
    },
    rejected: ({ listener, reason, probe }) => {
      of(listener).rejected[probe ? 'probe' : reason]++
    },
    setListeners: names => {
      const next = new Set(names)
      for (const [name, counts] of listeners)
        if (name !== REMOVED && !next.has(name) && !inForce.has(name)) remove(name, counts)
      for (const name of next) of(name)
      inForce = next
    },
    read: () => {
      const accepted = new Map<string, number>()
      const rejected = new Map<string, number>()
      for (const [name, counts] of listeners) {
        accepted.set(name, counts.accepted)
        for (const reason of REJECT_LABELS)
          rejected.set(keyOf(name, reason), counts.rejected[reason])
      }
      return { eyeballd_connections_total: accepted, eyeballd_rejected_total: rejected }
    },
  }
}
