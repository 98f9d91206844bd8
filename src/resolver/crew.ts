import type { Asker } from '../core/asker.ts'
import { addWait, createAsker, forgive, leave, whenFree } from '../core/asker.ts'

/** Several who wait for one walk through search domains, which asks for several names in turn. */
export type Crew = {
  /** In whose name it asks. It leaves with the last of those who wait. */
  readonly asker: Asker
  /**
   * One more waits.
   *
   * @param drop called when this one leaves: it wants to hear nothing any more
   * @returns to be called when it has its answer
   */
  readonly join: (member: Asker | undefined, drop: () => void) => () => void
}

/**
 * @param client of all who join
 * @param onEmpty called once, when the last of those who wait has left: it is to be given up
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
          // What is still in flight was asked for this one last.
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
