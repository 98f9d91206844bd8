import type { AttemptBudget, BudgetedRace } from '../eyeballs/types.ts'

/** How many descriptors there are for attempts beside each race's first. Both may change at any time. */
export type AttemptLimits = {
  /** Descriptors in all; Infinity: no limit. */
  readonly files: () => number
  /** Races at a time, at most: each has a second attempt in any case, so `files` is no less. */
  readonly races: () => number
}

/** A race has six attempts however scarce descriptors are; older ones are given up for other races. */
const SCARCE_ATTEMPTS_MAX = 6

/** The most attempts of one race, as steps: with each more it needs that much more to be free. */
const STEPS = 16

/** One race's part. */
type Member = { readonly race: BudgetedRace; taken: number }

/**
 * The budget of all races of a process. Each has descriptors for two attempts in any case. Of what is shared
 * a race gets the less the more it has: one that has `n` beyond those two gets another one only while more
 * than n/16 of it is free. So races of many dead addresses leave something for those that come later.
 * Where that refuses a race its first six attempts, races that have more give up their oldest.
 */
export const createAttemptBudget = ({ files, races }: AttemptLimits): AttemptBudget => {
  /** Taken by all races. */
  let taken = 0
  /** Races that have taken one or more. */
  let members = 0
  /** Races with more than six attempts; who has had so many for longest is the first. */
  const large = new Set<Member>()
  /** Races that were refused; who has waited for longest is the first. */
  const refused = new Set<Member>()
  let isReclaiming = false

  const mayTake = (member: Member): boolean => {
    const all = files()
    if (member.taken === 0 || all === Infinity) return taken < all
    const shared = all - races()
    const free = shared - (taken - members)
    return free * STEPS > (member.taken - 1) * shared && free >= 1
  }

  /** Has others give up what they have beyond six, until there is one for this race. */
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
