/**
 * What is held against an address or a network that swallowed packets, and who tries it again. It is
 * never a verdict for long: one race in sixteen, or one each 15 s, gives it a head start, and two
 * minutes after the last evidence a race tries it as if nothing had been.
 */
export type Suspicion = {
  /** When it last swallowed a packet. */
  evidenceAt: number
  /** Races that passed it over since it was last tried. */
  passedOver: number
  /** When it was last tried, or came under suspicion. */
  triedAt: number
  /** The race that tries it, until that ends or has had its time. */
  holder: object | undefined
  heldUntil: number
  /** Whether the holder makes a full try. */
  full: boolean
  /** It takes connections, so only what a target says clears it, and a head start shows nothing. */
  deaf: boolean
}

/** After so many races one is a trial. */
export const TRIAL_RACES = 16

/** After so long the next race is a trial. */
export const TRIAL_INTERVAL_MS = 15_000

/** Two minutes without new evidence: the next race makes a full try. */
export const EVIDENCE_MAX_AGE_MS = 120_000

/** After so long without a try (nobody wanted anything there) it is forgotten. */
export const SUSPICION_MAX_AGE_MS = 600_000

/** How long others wait for a race that tries. */
const HELD_MS = 3000

/** Whether it is still held against it at all. */
export const isRemembered = (
  suspicion: Suspicion | undefined,
  now: number,
): suspicion is Suspicion =>
  suspicion !== undefined && now - suspicion.evidenceAt < SUSPICION_MAX_AGE_MS

/** Takes new evidence in: what was held against it before goes on, or a suspicion begins. */
export const suspect = (before: Suspicion | undefined, now: number, deaf = false): Suspicion => {
  if (!isRemembered(before, now)) {
    const nobody = { holder: undefined, heldUntil: now, full: false }
    return { evidenceAt: now, passedOver: 0, triedAt: now, deaf, ...nobody }
  }
  before.evidenceAt = now
  before.deaf ||= deaf
  return before
}

/** Whether its evidence still counts. */
export const isFresh = (suspicion: Suspicion | undefined, now: number): boolean =>
  suspicion !== undefined && now - suspicion.evidenceAt < EVIDENCE_MAX_AGE_MS

/** Whether a race is trying it. */
export const isHeld = ({ holder, heldUntil }: Suspicion, now: number): boolean =>
  holder !== undefined && now < heldUntil

/** What is due: a full try, a trial, or nothing yet. */
export const dueTry = (suspicion: Suspicion, now: number): 'full' | 'trial' | undefined => {
  if (!isFresh(suspicion, now)) return 'full'
  const { passedOver, triedAt, deaf } = suspicion
  if (deaf) return undefined
  return passedOver >= TRIAL_RACES || now - triedAt >= TRIAL_INTERVAL_MS ? 'trial' : undefined
}

/** Makes a race the one that tries. */
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
