import type { Suspicion } from './suspicion.ts'
import { dueTry, hold, isFresh, isHeld } from './suspicion.ts'

/** How a race treats a suspected candidate: it demotes it, gives it a head start, or treats it as any other. */
export type Sentence = 'demoted' | 'trial' | 'full'

/** One race's part in retrying suspected candidates. */
export type Probation = {
  /**
   * @param own the suspicion against the address
   * @param around the suspicion against its network; it takes precedence
   */
  readonly sentence: (
    own: Suspicion | undefined,
    around: Suspicion | undefined,
    now: number,
  ) => Sentence | undefined
  /** The race is over: another one may try. */
  readonly release: () => void
}

/** A race retries at most one network or address, so that it costs at most one head start. */
export const createProbation = (): Probation => {
  const race = {}
  let trying: Suspicion | undefined
  let passed: Set<Suspicion> | undefined

  const passOver = (suspicion: Suspicion): 'demoted' => {
    passed ??= new Set()
    passed.add(suspicion)
    suspicion.passedOver++
    return 'demoted'
  }

  return {
    sentence: (own, around, now) => {
      const suspicion = around ?? own
      if (!suspicion) return undefined
      // A full try applies to all addresses of a network except those suspected themselves; a trial applies to
      // one address.
      if (passed?.has(suspicion)) return 'demoted'
      if (trying === suspicion) return suspicion.full && !isFresh(own, now) ? 'full' : 'demoted'
      if (trying || isHeld(suspicion, now)) return passOver(suspicion)
      const due = dueTry(suspicion, now)
      if (!due) return passOver(suspicion)
      hold(suspicion, race, due, now)
      trying = suspicion
      return due
    },
    release: () => {
      if (trying?.holder === race) trying.holder = undefined
    },
  }
}
