import type { Demoted } from '../admin/daemon-view.ts'
import type { EgressPath } from '../core/egress.ts'
import type { HostDialer } from '../dial/create-dialer.ts'

/** What is set of a path, for people; undefined if nothing is: the system's routes choose. */
const pathText = (key: string): string | undefined => {
  const path = JSON.parse(key) as EgressPath
  const set = Object.entries(path).filter(([, value]) => value !== null && value !== 0)
  return set.length === 0 ? undefined : set.map(([name, value]) => `${name} ${value}`).join(', ')
}

/** Maximum number of entries of `/history`. */
export const HISTORY_MAX = 1000

/** A clock and the epoch time of the same moment. */
export type Moment = { readonly now: number; readonly epochNow: number }

/**
 * What the histories of all paths have demoted, the newest evidence first.
 *
 * @param dialers by their path, as `createEgressDialers` creates them
 */
export const demotedBy = (
  dialers: ReadonlyMap<string, Pick<HostDialer<unknown>, 'history'>>,
  limit: number,
  { now, epochNow }: Moment,
): readonly Demoted[] => {
  const found: Demoted[] = []
  for (const [key, { history }] of dialers) {
    const path = pathText(key)
    for (const { prefix, evidenceAt, until, unresponsive, passedOver } of history?.demoted(limit) ??
      []) {
      found.push({
        prefix,
        evidenceAt: Math.round(epochNow + evidenceAt - now),
        until: Math.round(epochNow + until - now),
        unresponsive,
        passedOver,
        ...(path !== undefined && { path }),
      })
    }
  }
  return found.toSorted((a, b) => b.evidenceAt - a.evidenceAt).slice(0, limit)
}

/** Joins what several processes have demoted: each has a history of its own. */
export const joinDemoted = (
  all: readonly (readonly Demoted[])[],
  limit: number,
): readonly Demoted[] => {
  const joined = new Map<string, Demoted>()
  for (const demoted of all.flat()) {
    const key = `${demoted.prefix} ${demoted.path ?? ''}`
    const known = joined.get(key)
    const [newer, older] =
      known && known.evidenceAt > demoted.evidenceAt ? [known, demoted] : [demoted, known]
    joined.set(key, {
      ...newer,
      unresponsive: newer.unresponsive || older?.unresponsive === true,
      passedOver: newer.passedOver + (older?.passedOver ?? 0),
    })
  }
  return [...joined.values()].toSorted((a, b) => b.evidenceAt - a.evidenceAt).slice(0, limit)
}
