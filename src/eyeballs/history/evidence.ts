import type { Candidate, RaceEvent, RaceTrace } from '../race/types.ts'

/** What one attempt showed about its address. */
export type Evidence = {
  readonly candidate: Pick<Candidate, 'address' | 'embedded'>
  /**
   * confirmed: the target sent bytes. answered: it accepted the connection, which was what the race needed.
   * connected: only its round-trip time is known. silent: it did not answer packets, while another address
   * answered. unresponsive: it accepted the connection and the ClientHello, but sent no bytes.
   */
  readonly what: 'confirmed' | 'answered' | 'connected' | 'silent' | 'unresponsive'
  /** The duration of the handshake in milliseconds; absent if unknown. */
  readonly roundTripMs?: number
}

/** The course of one attempt. Times are those of the trace. */
type AttemptCourse = {
  readonly address: string
  readonly port: number
  readonly startedAt: number
  connectedAt?: number
  /** It had connected when it was cancelled, at an unknown time. */
  connectedLate?: true
  /** When it was cancelled or failed. */
  endedAt?: number
  failure?: RaceEvent & { readonly type: 'connect-failed' }
  greetedAt?: number
  confirmed?: true
}

type RaceCourse = {
  readonly courses: readonly AttemptCourse[]
  readonly winner: AttemptCourse | undefined
  readonly overAt: number
  /** The race continued after its first connection. */
  readonly provisional: boolean
}

/**
 * Errors after packets were sent: a router or the host's timers reported that no answer will come. A
 * refusal is an answer.
 */
const LOST_CODES: ReadonlySet<string> = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])

const readTrace = ({ entries }: RaceTrace): RaceCourse => {
  const courses: AttemptCourse[] = []
  let winner: AttemptCourse | undefined
  let overAt = Infinity
  let provisional = false
  for (const entry of entries) {
    const { at } = entry
    const step = 'event' in entry ? entry.event : entry.command
    if (step.type === 'connect') {
      courses[step.id - 1] = { address: step.address, port: step.port, startedAt: at }
      continue
    }
    const course = 'id' in step ? courses[step.id - 1] : undefined
    if (!course) continue
    // Lookups have ids of their own, so their steps are skipped.
    if (step.type === 'deferred') {
      // The attempt was not started. If the race ended before that was known, it was already cancelled.
      if (course.endedAt === undefined) courses.length = step.id - 1
    } else if (step.type === 'connected') {
      if (course.endedAt === undefined) course.connectedAt = at
      else course.connectedLate = true
    } else if (step.type === 'connect-failed') {
      course.failure = step
      course.endedAt ??= at
    } else if (step.type === 'cancel') {
      course.endedAt ??= at
    } else if (step.type === 'greet') {
      course.greetedAt = at
    } else if (step.type === 'confirmed') {
      course.confirmed = true
    } else if (step.type === 'won' && step.provisional) {
      provisional = true
    } else if (step.type === 'won' || step.type === 'joined') {
      winner = course
      overAt = at
    }
  }
  return { courses, winner, overAt, provisional }
}

const findCandidate = (
  { config, entries }: RaceTrace,
  { address, port }: AttemptCourse,
): Evidence['candidate'] => {
  const isIt = (candidate: Candidate): boolean =>
    candidate.address === address && candidate.port === port
  for (const entry of entries) {
    if (!('event' in entry) || entry.event.type !== 'resolved') continue
    const found = entry.event.candidates.find(isIt)
    if (found) return found
  }
  return config.addresses?.find(isIt) ?? { address }
}

const resultOf = (
  course: AttemptCourse,
  { winner, overAt, provisional }: RaceCourse,
  patienceMs: number,
): Evidence['what'] | undefined => {
  if (course === winner) return course.confirmed ? 'confirmed' : 'answered'
  const { greetedAt, failure, connectedAt, connectedLate, endedAt = overAt } = course
  if (failure) {
    const lost = connectedAt === undefined && failure.sent && LOST_CODES.has(failure.code)
    return lost ? 'silent' : undefined
  }
  if (connectedAt !== undefined || connectedLate) {
    if (!provisional) return 'answered'
    // This attempt got the ClientHello before the one that answered, so it had more time.
    const answeredAt = winner?.confirmed ? winner.greetedAt : undefined
    const passed = greetedAt !== undefined && answeredAt !== undefined && greetedAt < answeredAt
    return passed ? 'unresponsive' : 'connected'
  }
  return endedAt - course.startedAt >= patienceMs ? 'silent' : undefined
}

/**
 * What a race showed, in the order of its attempts. Only a won race shows anything: if nothing answered,
 * a dead network looks the same as a failure of this host's own network.
 *
 * @param patience how long an attempt must go without an answer before it counts as silent, in milliseconds
 * @param apart attempts by another path, which show nothing about this one
 */
export const evidenceOf = (
  trace: RaceTrace,
  patience: (address: string) => number,
  apart?: ReadonlySet<number>,
): readonly Evidence[] => {
  const race = readTrace(trace)
  const isApart = (course: AttemptCourse): boolean =>
    apart !== undefined && apart.has(race.courses.indexOf(course) + 1)
  if (!race.winner || isApart(race.winner)) return []
  const shown: Evidence[] = []
  for (const course of race.courses) {
    if (isApart(course)) continue
    const { address, connectedAt, startedAt } = course
    const what = resultOf(course, race, patience(address))
    if (!what) continue
    const candidate = findCandidate(trace, course)
    if (connectedAt === undefined) shown.push({ candidate, what })
    else shown.push({ candidate, what, roundTripMs: connectedAt - startedAt })
  }
  return shown
}
