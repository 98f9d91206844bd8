/**
 * A suspicion against an address or a network that did not answer packets, with the race that tries it
 * again. It is temporary: one race in sixteen, or one every 15 s, gives it a head start, and two minutes
 * after the last evidence a race tries it like any other.
 */
export type Suspicion = {
  /** Time of the last unanswered packet. */
  evidenceAt: number
  /** Races that demoted it since it was last tried. */
  passedOver: number
  /** When it was last tried, or became suspected. */
  triedAt: number
  /** The race that tries it now, until the race ends or `heldUntil` passes. */
  holder: object | undefined
  heldUntil: number
  /** Whether the holder makes a full try, not a trial. */
  full: boolean
  /** It accepts connections, so only bytes from a target clear it, and a head start proves nothing. */
  deaf: boolean
}

/** After this many races, one is a trial. */
export const TRIAL_RACES = 16

/** After this time, the next race is a trial. */
export const TRIAL_INTERVAL_MS = 15_000

/** After two minutes without new evidence, the next race makes a full try. */
export const EVIDENCE_MAX_AGE_MS = 120_000

/** After this time without a try, because no race wanted it, it is forgotten. */
export const SUSPICION_MAX_AGE_MS = 600_000

/** How long other races wait for the race that tries. */
const HELD_MS = 3000

/** Whether the suspicion still exists. */
export const isRemembered = (
  suspicion: Suspicion | undefined,
  now: number,
): suspicion is Suspicion =>
  suspicion !== undefined && now - suspicion.evidenceAt < SUSPICION_MAX_AGE_MS

/** Adds evidence to an existing suspicion, or creates one. */
export const suspect = (before: Suspicion | undefined, now: number, deaf = false): Suspicion => {
  if (!isRemembered(before, now)) {
    const nobody = { holder: undefined, heldUntil: now, full: false }
    return { evidenceAt: now, passedOver: 0, triedAt: now, deaf, ...nobody }
  }
  before.evidenceAt = now
  before.deaf ||= deaf
  return before
}

/** Whether the evidence still counts. */
export const isFresh = (suspicion: Suspicion | undefined, now: number): boolean =>
  suspicion !== undefined && now - suspicion.evidenceAt < EVIDENCE_MAX_AGE_MS

/** Whether a race is trying it now. */
export const isHeld = ({ holder, heldUntil }: Suspicion, now: number): boolean =>
  holder !== undefined && now < heldUntil

/** The due kind of try: full, trial, or none yet. */
export const dueTry = (suspicion: Suspicion, now: number): 'full' | 'trial' | undefined => {
  if (!isFresh(suspicion, now)) return 'full'
  const { passedOver, triedAt, deaf } = suspicion
  if (deaf) return undefined
  return passedOver >= TRIAL_RACES || now - triedAt >= TRIAL_INTERVAL_MS ? 'trial' : undefined
}

/** Makes a race the holder, which tries it. */
export const hold = (
  suspicion: Suspicion,
  race: object,
  what: 'full' | 'trial',
  now: number,
): void => {
  suspicion.holder = race
  suspicion.heldUntil = now + HELD_MS
  suspicion.full = what === 'full'
  suspicion.passedOver = 0
  suspicion.triedAt = now
}

/** How a race treats a suspected candidate: it demotes it, gives it a head start, or treats it as any other. */
type Sentence = 'demoted' | 'trial' | 'full'

/** One race's part in retrying suspected candidates. */
type Probation = {
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
