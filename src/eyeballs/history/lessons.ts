import type { RaceTrace } from '../race/trace.ts'
import type { Candidate, RaceEvent } from '../race/types.ts'

/** What one attempt taught of its address. */
export type Lesson = {
  readonly candidate: Pick<Candidate, 'address' | 'embedded'>
  /**
   * confirmed: its target has spoken. answered: it took the connection that the race was about.
   * connected: it has a round-trip time, and that is all that is known. silent: packets went there and
   * nothing came back, while another address answered. deaf: it took the connection and a ClientHello,
   * and nothing came back.
   */
  readonly what: 'confirmed' | 'answered' | 'connected' | 'silent' | 'deaf'
  /** How long the handshake took, in milliseconds; absent where that is not known. */
  readonly roundTripMs?: number
}

/** What became of one attempt. Times are those of the trace. */
type Course = {
  readonly address: string
  readonly port: number
  readonly startedAt: number
  connectedAt?: number
  /** It had connected when it was cancelled; nobody knows since when. */
  connectedLate?: true
  /** When it was cancelled, or failed. */
  endedAt?: number
  failure?: RaceEvent & { readonly type: 'connect-failed' }
  greetedAt?: number
  confirmed?: true
}

type Story = {
  readonly courses: readonly Course[]
  readonly winner: Course | undefined
  readonly overAt: number
  /** A connection was not enough: the race went on behind the first. */
  readonly provisional: boolean
}

/** Packets went out, and a router or the host's own timers said that nothing will come back. A refusal is an answer. */
const LOST_CODES: ReadonlySet<string> = new Set(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])

const tell = ({ entries }: RaceTrace): Story => {
  const courses: Course[] = []
  let winner: Course | undefined
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
    // Lookups count their ids apart: their steps are none of these.
    if (step.type === 'deferred') {
      // It was not started. One that the end of the race overtook was cancelled before.
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
  { address, port }: Course,
): Lesson['candidate'] => {
  const isIt = (candidate: Candidate): boolean =>
    candidate.address === address && candidate.port === port
  for (const entry of entries) {
    if (!('event' in entry) || entry.event.type !== 'resolved') continue
    const found = entry.event.candidates.find(isIt)
    if (found) return found
  }
  return config.addresses?.find(isIt) ?? { address }
}

const judge = (
  course: Course,
  { winner, overAt, provisional }: Story,
  patienceMs: number,
): Lesson['what'] | undefined => {
  if (course === winner) return course.confirmed ? 'confirmed' : 'answered'
  const { greetedAt, failure, connectedAt, connectedLate, endedAt = overAt } = course
  if (failure) {
    const lost = connectedAt === undefined && failure.sent && LOST_CODES.has(failure.code)
    return lost ? 'silent' : undefined
  }
  if (connectedAt !== undefined || connectedLate) {
    if (!provisional) return 'answered'
    // Greeted before the one that has answered, it had its time and more.
    const answeredAt = winner?.confirmed ? winner.greetedAt : undefined
    const passed = greetedAt !== undefined && answeredAt !== undefined && greetedAt < answeredAt
    return passed ? 'deaf' : 'connected'
  }
  return endedAt - course.startedAt >= patienceMs ? 'silent' : undefined
}

/**
 * What a race taught, in the order of its attempts. Only one that was won teaches anything: where
 * nothing answered, nothing tells a dead network from this host's own.
 *
 * @param patience how long an attempt may go without an answer before that means anything, in milliseconds
 */
export const lessonsOf = (
  trace: RaceTrace,
  patience: (address: string) => number,
): readonly Lesson[] => {
  const story = tell(trace)
  if (!story.winner) return []
  return story.courses.flatMap((course): readonly Lesson[] => {
    const { address, connectedAt, startedAt } = course
    const what = judge(course, story, patience(address))
    if (!what) return []
    const candidate = findCandidate(trace, course)
    const isMeasured = connectedAt !== undefined
    return [
      isMeasured ? { candidate, what, roundTripMs: connectedAt - startedAt } : { candidate, what },
    ]
  })
}
