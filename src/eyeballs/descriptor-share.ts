import type { RaceEvent } from './race/types.ts'
import type { AttemptBudget, BudgetShare } from './types.ts'

/** One race's part of a budget of file descriptors. */
export type DescriptorShare = {
  /**
   * Takes a descriptor for a further attempt; one beside which the race has no other needs none.
   *
   * @returns false where none is free; the machine gets the event `deferred` then
   */
  readonly take: (id: number) => boolean
  /** Releases what the race no longer needs; to be called when an attempt is over. */
  readonly settle: () => void
  /** The race is over. */
  readonly leave: () => void
}

const NO_BUDGET: DescriptorShare = { take: () => true, settle: () => {}, leave: () => {} }

/**
 * Asks a budget for each attempt of a race but its first. A race that never has two at a time, as
 * nearly all, does not join it at all.
 *
 * @param live how many attempts of the race have a descriptor at the moment
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
    // The machine is to know first that the attempt which is asked for has not started.
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
      // A release may make this very race start its next attempt before it returns.
      while (taken > 0 && taken >= live()) {
        taken--
        share?.release()
      }
    },
    leave: () => share?.leave(),
  }
}
