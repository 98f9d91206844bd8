import type { Asker } from '../core/asker.ts'
import { addWait, createAsker, forgive, leave, whenFree } from '../core/asker.ts'

/** The waiters of one walk through search domains, which looks several names up in sequence. */
export type Crew = {
  /** The asker of the walk's queries. It leaves with the last waiter. */
  readonly asker: Asker
  /**
   * Adds a waiter.
   *
   * @param drop called when this waiter leaves and wants no more answers
   * @returns the caller calls it when the waiter has its answer
   */
  readonly join: (member: Asker | undefined, drop: () => void) => () => void
}

/**
 * @param client the client of all waiters
 * @param onEmpty called once, when the last waiter has left: cancels the walk
 */
export const createCrew = (client: string, onEmpty: () => void): Crew => {
  const asker = createAsker(client)
  let waiting = 0
  return {
    asker,
    join: (member, drop) => {
      waiting++
      let over = false
      const end = (): boolean => {
        if (over) return false
        over = true
        waiting--
        return true
      }
      if (member) {
        const onLeave = (): void => {
          const wasWaiting = end()
          drop()
          if (!wasWaiting || waiting > 0) return
          onEmpty()
          leave(asker)
          // Queries still in flight count against the asker that left last.
          if (asker.owed === 0) return
          member.owed++
          whenFree(asker, () => forgive(member))
        }
        addWait(member, { drop: onLeave })
      }
      return () => void end()
    },
  }
}
