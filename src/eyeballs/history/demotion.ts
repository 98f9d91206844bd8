/**
 * The demotion of an address or a network that did not answer packets, with the race that probes it. It is
 * temporary: one race in sixteen, or one every 15 s, probes it with a head start, and two minutes after the
 * last evidence a race tries it like any other.
 */
export type Demotion = {
  /** Time of the last unanswered packet. */
  evidenceAt: number
  /** Races that put it behind others since it was last probed. */
  passedOver: number
  /** When it was last probed, or became demoted. */
  probedAt: number
  /** The race that probes it now, until the race ends or `probedUntil` passes. */
  prober: object | undefined
  probedUntil: number
  /** Whether the prober tries it like any other address, without a head start. */
  full: boolean
  /** It accepts connections, so only bytes from a target clear it, and a head start proves nothing. */
  unresponsive: boolean
}

/** After this many races, the next one probes. */
export const PROBE_RACES = 16

/** After this time, the next race probes. */
export const PROBE_INTERVAL_MS = 15_000

/** After two minutes without new evidence, the next race makes a full try. */
export const EVIDENCE_MAX_AGE_MS = 120_000

/** After this time without a try, because no race wanted it, it is forgotten. */
export const DEMOTION_MAX_AGE_MS = 600_000

/** How long other races wait for the race that probes. */
const PROBED_MS = 3000

/** Whether the demotion has not expired. */
export const isRemembered = (demotion: Demotion | undefined, now: number): demotion is Demotion =>
  demotion !== undefined && now - demotion.evidenceAt < DEMOTION_MAX_AGE_MS

/** Adds evidence to an existing demotion, or creates one. */
export const demote = (
  before: Demotion | undefined,
  now: number,
  unresponsive = false,
): Demotion => {
  if (!isRemembered(before, now)) {
    const nobody = { prober: undefined, probedUntil: now, full: false }
    return { evidenceAt: now, passedOver: 0, probedAt: now, unresponsive, ...nobody }
  }
  before.evidenceAt = now
  before.unresponsive ||= unresponsive
  return before
}

/** Whether the evidence still counts. */
export const isFresh = (demotion: Demotion | undefined, now: number): boolean =>
  demotion !== undefined && now - demotion.evidenceAt < EVIDENCE_MAX_AGE_MS

/** Whether a race is probing it now. */
export const isProbed = ({ prober, probedUntil }: Demotion, now: number): boolean =>
  prober !== undefined && now < probedUntil

/** The due kind of try: full, probe, or none yet. */
export const dueProbe = (demotion: Demotion, now: number): 'full' | 'probe' | undefined => {
  if (!isFresh(demotion, now)) return 'full'
  const { passedOver, probedAt, unresponsive } = demotion
  if (unresponsive) return undefined
  return passedOver >= PROBE_RACES || now - probedAt >= PROBE_INTERVAL_MS ? 'probe' : undefined
}

/** Makes a race the prober of an address or network. */
export const startProbe = (
  demotion: Demotion,
  race: object,
  what: 'full' | 'probe',
  now: number,
): void => {
  demotion.prober = race
  demotion.probedUntil = now + PROBED_MS
  demotion.full = what === 'full'
  demotion.passedOver = 0
  demotion.probedAt = now
}

/** How a race treats a demoted candidate: behind all others, with a head start, or like any other. */
type Treatment = 'demoted' | 'probe' | 'full'

/** One race's part in probing demoted candidates. */
type RaceProbe = {
  /**
   * @param own the demotion of the address
   * @param network the demotion of its network; it takes precedence
   */
  readonly treatment: (
    own: Demotion | undefined,
    network: Demotion | undefined,
    now: number,
  ) => Treatment | undefined
  /** The race is over: another one may try. */
  readonly release: () => void
}

/** A race probes at most one network or address, so that it costs at most one head start. */
export const createRaceProbe = (): RaceProbe => {
  const race = {}
  let probing: Demotion | undefined
  let passed: Set<Demotion> | undefined

  const passOver = (demotion: Demotion): 'demoted' => {
    passed ??= new Set()
    passed.add(demotion)
    demotion.passedOver++
    return 'demoted'
  }

  return {
    treatment: (own, network, now) => {
      const demotion = network ?? own
      if (!demotion) return undefined
      // A full try applies to all addresses of a network except those demoted themselves; a probe applies to
      // one address.
      if (passed?.has(demotion)) return 'demoted'
      if (probing === demotion) return demotion.full && !isFresh(own, now) ? 'full' : 'demoted'
      if (probing || isProbed(demotion, now)) return passOver(demotion)
      const due = dueProbe(demotion, now)
      if (!due) return passOver(demotion)
      startProbe(demotion, race, due, now)
      probing = demotion
      return due
    },
    release: () => {
      if (probing?.prober === race) probing.prober = undefined
    },
  }
}
