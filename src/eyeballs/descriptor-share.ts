import type { RaceEvent } from './race/types.ts'
import type { AttemptBudget, BudgetShare } from './types.ts'

/** One race's share of a budget of file descriptors. */
export type DescriptorShare = {
  /**
   * Takes a descriptor for another attempt; an attempt needs none if the race has no other open descriptor.
   *
   * @returns false if none is free; the machine then gets the event `deferred`
   */
  readonly take: (id: number) => boolean
  /** Releases descriptors that the race no longer needs; call it when an attempt is over. */
  readonly settle: () => void
  /** The race is over. */
  readonly leave: () => void
}

const NO_BUDGET: DescriptorShare = { take: () => true, settle: () => {}, leave: () => {} }

/**
 * Asks a budget for every attempt of a race except the first. A race that never has two attempts at a time,
 * as nearly all races, does not join the budget.
 *
 * @param live the number of attempts that have a descriptor now
 */
export const createDescriptorShare = (
  budget: AttemptBudget | undefined,
  live: () => number,
  send: (event: RaceEvent) => void,
): DescriptorShare => {
  if (!budget) return NO_BUDGET
  let share: BudgetShare | undefined
  let taken = 0
  let isAsking = false
  let isGivingUp = false

  const giveUp = (): void => {
    // The machine has to know first that the requested attempt did not start.
    if (isAsking) isGivingUp = true
    else send({ type: 'scarce' })
  }

  return {
    take: id => {
      if (live() === 0) return true
      share ??= budget.join({ retry: () => send({ type: 'wake' }), giveUp })
      isAsking = true
      const isFree = share.take()
      isAsking = false
      if (isFree) taken++
      else send({ type: 'deferred', id })
      if (isGivingUp) send({ type: 'scarce' })
      isGivingUp = false
      return isFree
    },
    settle: () => {
      // A release may make this same race start its next attempt before it returns.
      while (taken > 0 && taken >= live()) {
        taken--
        share?.release()
      }
    },
    leave: () => share?.leave(),
  }
}
