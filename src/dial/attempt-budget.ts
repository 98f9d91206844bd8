import type { AttemptBudget, BudgetedRace } from '../eyeballs/types.ts'

/** Limits on the descriptors of connection attempts beyond the first of each race. Both may change at any time. */
export type AttemptLimits = {
  /** Descriptors for these attempts in total; Infinity: no limit. */
  readonly files: () => number
  /** Maximum number of concurrent races. `files` is no smaller, so that each race can have a second attempt. */
  readonly races: () => number
}

/** Attempts that a race gets even if descriptors are scarce: other races abort their oldest attempts for them. */
const SCARCE_ATTEMPTS_MAX = 6

/** Limits the attempts of one race: each further attempt needs another 1/16 of the shared descriptors to be free. */
const STEPS = 16

/** One race and the attempts that it has taken. */
type Member = { readonly race: BudgetedRace; taken: number }

/**
 * Creates the budget that all races of a process share. Each race always gets descriptors for two attempts.
 * A race with `n` attempts beyond those two gets another only while more than n/16 of the shared
 * descriptors are free, so that races with many dead addresses leave some for later races. If this refuses
 * a race one of its first six attempts, races with more than six abort their oldest ones.
 */
export const createAttemptBudget = ({ files, races }: AttemptLimits): AttemptBudget => {
  /** Attempts taken by all races. */
  let taken = 0
  /** Races that have taken at least one attempt. */
  let members = 0
  /** Races with more than six attempts, in the order in which they exceeded six. */
  const large = new Set<Member>()
  /** Races that were refused an attempt, the longest waiting first. */
  const refused = new Set<Member>()
  let isReclaiming = false

  const mayTake = (member: Member): boolean => {
    const all = files()
    if (member.taken === 0 || all === Infinity) return taken < all
    const shared = all - races()
    const free = shared - (taken - members)
    return free * STEPS > (member.taken - 1) * shared && free >= 1
  }

  /** Makes other races abort attempts beyond six until this race can take one. */
  const reclaim = (member: Member): boolean => {
    if (member.taken + 1 >= SCARCE_ATTEMPTS_MAX) return false
    isReclaiming = true
    for (const each of large) {
      if (mayTake(member)) break
      each.race.giveUp()
    }
    isReclaiming = false
    return mayTake(member)
  }

  const retryOldest = (): void => {
    if (isReclaiming) return
    const [oldest] = refused
    if (!oldest) return
    refused.delete(oldest)
    oldest.race.retry()
  }

  return {
    join: race => {
      const member: Member = { race, taken: 0 }
      return {
        take: () => {
          if (!mayTake(member) && !reclaim(member)) {
            refused.add(member)
            return false
          }
          if (member.taken === 0) members++
          member.taken++
          taken++
          if (member.taken === SCARCE_ATTEMPTS_MAX) large.add(member)
          return true
        },
        release: () => {
          if (member.taken === SCARCE_ATTEMPTS_MAX) large.delete(member)
          member.taken--
          taken--
          if (member.taken === 0) members--
          retryOldest()
        },
        leave: () => {
          refused.delete(member)
        },
      }
    },
  }
}
