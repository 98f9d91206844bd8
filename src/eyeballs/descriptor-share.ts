import type { RaceEvent } from './race/types.ts'
import type { AttemptBudget, BudgetShare } from './types.ts'

/** One race's part of a budget of file descriptors. */
export type DescriptorShare = {
  /**
   * Takes a descriptor for a further attempt; the first beside which there is no other needs none.
   * Where none is free the machine is told so.
   *
   * @param live attempts of the race that have a descriptor by now
   */
  readonly take: (id: number, live: number) => boolean
  /** Gives back what is no longer needed. */
  readonly settle: (live: number) => void
  /** The race is over. */
  readonly leave: () => void
}

const NO_BUDGET: DescriptorShare = { take: () => true, settle: () => {}, leave: () => {} }

/**
 * Asks a budget for each attempt of a race but its first. A race that never has two at a time, as
 * nearly all, does not join it at all.
 */
export const createDescriptorShare = (
  budget: AttemptBudget | undefined,
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
    take: (id, live) => {
      if (live === 0) return true
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
    settle: live => {
      for (; taken > 0 && taken >= live; taken--) share?.release()
    },
    leave: () => share?.leave(),
  }
}
