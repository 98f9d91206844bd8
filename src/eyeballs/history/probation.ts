import type { Suspicion } from './suspicion.ts'
import { dueTry, hold, isFresh, isHeld } from './suspicion.ts'

/** What a race does with a suspected candidate: pass it over, give it a head start, or treat it as any other. */
export type Sentence = 'demoted' | 'trial' | 'full'

/** One race's part in trying again what is suspected. */
export type Probation = {
  /**
   * @param own what is held against the address
   * @param around what is held against its network; it comes first
   */
  readonly sentence: (
    own: Suspicion | undefined,
    around: Suspicion | undefined,
    now: number,
  ) => Sentence | undefined
  /** The race is over: another one may try. */
  readonly release: () => void
}

/** A race tries one network or address at most, so that it costs no more than one head start. */
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
      // A full try is for all of a network but what else is suspected in it; a trial is for one address.
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
