/*
 * The race of RFC 8305 sections 3 to 6 as a machine without input or output: events in, commands out,
 * `now` a parameter. It asks, it never does: no socket, timer, promise or random number is in here.
 *
 * Rule 1: whatever happens goes through `handle`; nothing else changes the state.
 * Rule 2: after each event `advance` looks at the state alone, never at what the event was.
 */
import { familyOf } from '../../core/family.ts'
import { fail } from '../../core/fail.ts'
import { isHidden, nextCandidate, planCandidates } from './candidates.ts'
import { createResolving, mayStart, resolutionDelayEnd } from './resolution.ts'
import type { Attempt, LiveState, RaceState, RacingState } from './state.ts'
import { attemptDeadlineAt, deadlineAt, roomAt, startDueAt } from './timing.ts'
import type { RaceTrace, TraceEntry } from './trace.ts'
import type { CancelReason, LostReason, RaceCommand, RaceConfig, RaceEvent } from './types.ts'

export type RaceMachine = {
  /**
   * Takes one event and returns what is to be done about it, in order.
   *
   * @param now milliseconds of a clock that never goes back; any origin, the same for the whole race
   * @throws ERR_BUG for an event that cannot happen in this state; late events are not among them
   */
  readonly handle: (event: RaceEvent, now: number) => readonly RaceCommand[]
  /** All that went in and out so far. */
  readonly trace: () => RaceTrace
}

/** A machine for one race. The first `wake` begins it; it ends with exactly one `won` or `lost`. */
export const createRaceMachine = (config: RaceConfig): RaceMachine => {
  const entries: TraceEntry[] = []
  let state: RaceState = { name: 'idle' }
  let wakeAt = Infinity
  let commands: RaceCommand[] = []

  const issue = (command: RaceCommand, now: number): void => {
    commands.push(command)
    entries.push({ at: now, command })
  }

  const bug = (event: RaceEvent): never => {
    throw fail('ERR_BUG', `a race that is ${state.name} was given ${event.type}`, { event })
  }

  const end = (over: Extract<RaceState, { name: 'won' | 'lost' }>): void => {
    state = over
    wakeAt = Infinity
  }

  const cancelAll = (attempts: readonly Attempt[], reason: CancelReason, now: number): void => {
    for (const { id, status } of attempts) {
      if (status === 'in-flight') issue({ type: 'cancel', id, reason }, now)
    }
  }

  const lose = (live: LiveState, reason: LostReason, now: number): void => {
    const attempts = live.name === 'racing' ? live.attempts : []
    cancelAll(attempts, reason === 'deadline' ? 'deadline' : 'aborted', now)
    issue({ type: 'lost', reason }, now)
    end({ name: 'lost', reason, lastAttempt: attempts.length })
  }

  /** Rule A3: one winner; the others are cancelled, what was not tried is left alone. */
  const win = (racing: RacingState, winner: Attempt, now: number): void => {
    const others = racing.attempts.filter(attempt => attempt !== winner)
    cancelAll(others, 'won', now)
    const hidden = isHidden(winner, racing.plan, racing.attempts)
    issue({ type: 'won', id: winner.id, hidden }, now)
    end({ name: 'won', winner: winner.id, lastAttempt: racing.attempts.length })
  }

  const start = (racing: RacingState, candidate: Attempt['candidate'], now: number): void => {
    const id = racing.attempts.length + 1
    racing.attempts.push({ id, candidate, startedAt: now, status: 'in-flight', sent: true })
    const { address, family, port } = candidate
    issue({ type: 'connect', id, address, family, port }, now)
  }

  const expireAttempts = (racing: RacingState, now: number): void => {
    for (const attempt of racing.attempts) {
      if (attempt.status !== 'in-flight' || now < attemptDeadlineAt(attempt, config)) continue
      issue({ type: 'cancel', id: attempt.id, reason: 'attempt-timeout' }, now)
      attempt.status = 'failed'
    }
  }

  const isPending = ({ lookups }: LiveState): boolean =>
    lookups.some(({ status }) => status === 'pending')

  /**
   * Starts one attempt where one is due (rule A1: never two at once), and says when to look again.
   * An attempt that fails inside this host comes back as an event and lets the next start at once.
   */
  const race = (racing: RacingState, now: number): number => {
    expireAttempts(racing, now)
    const { attempts } = racing
    const candidate = nextCandidate(racing.plan, attempts)
    let due = Infinity
    if (candidate) {
      due = Math.max(startDueAt(attempts, config), roomAt(attempts, now, config))
      if (now >= due) {
        start(racing, candidate, now)
        const more = nextCandidate(racing.plan, attempts) !== undefined
        due = more
          ? Math.max(startDueAt(attempts, config), roomAt(attempts, now, config))
          : Infinity
      }
    } else if (!isPending(racing) && attempts.every(({ status }) => status !== 'in-flight')) {
      lose(racing, 'all-failed', now)
      return Infinity
    }
    const limits = attempts
      .filter(({ status }) => status === 'in-flight')
      .map(attempt => attemptDeadlineAt(attempt, config))
    return Math.min(due, ...limits)
  }

  /** Whatever the state now asks for: begin to race, start an attempt, give up, or wait. */
  const advance = (now: number): void => {
    if (state.name !== 'resolving' && state.name !== 'racing') return
    if (now >= deadlineAt(state, config)) return lose(state, 'deadline', now)
    let next = Infinity
    if (state.name === 'resolving') {
      const plan = planCandidates(state.lookups, config)
      if (plan.length === 0 && !isPending(state)) return lose(state, 'no-addresses', now)
      if (plan.length > 0 && mayStart(state, config, now)) {
        const { startedAt, lookups } = state
        state = { name: 'racing', startedAt, lookups, attempts: [], plan }
      } else if (plan.length > 0) {
        next = resolutionDelayEnd(state, config)
      }
    }
    if (state.name === 'racing') {
      const racing = state
      next = race(racing, now)
      if (state !== racing) return
    }
    next = Math.min(next, deadlineAt(state, config))
    if (next === wakeAt || next === Infinity) return
    wakeAt = next
    issue({ type: 'wake-at', at: next }, now)
  }

  const answer = (live: LiveState, event: RaceEvent & { id: number }, now: number): void => {
    const lookup = live.lookups[event.id]
    if (!lookup) return bug(event)
    const candidates = event.type === 'resolved' ? event.candidates : []
    const family = familyOf(lookup.record)
    if (candidates.some(candidate => candidate.family !== family)) return bug(event)
    lookup.status = candidates.length > 0 ? 'positive' : 'negative'
    // Rules C1 to C3: the list replaces the earlier one; what was started lives on.
    lookup.candidates = candidates
    if (live.name === 'resolving') live.firstAnswerAt ??= now
    else live.plan = planCandidates(live.lookups, config)
  }

  const apply = (event: RaceEvent, now: number): void => {
    const current = state
    switch (current.name) {
      case 'idle':
        if (event.type === 'aborted') {
          issue({ type: 'lost', reason: 'aborted' }, now)
          return end({ name: 'lost', reason: 'aborted', lastAttempt: 0 })
        }
        if (event.type !== 'wake') return bug(event)
        state = createResolving(config, now)
        for (const [id, query] of config.queries.entries()) {
          issue({ type: 'resolve', id, ...query }, now)
        }
        return
      case 'resolving':
      case 'racing':
        return live(current, event, now)
      case 'won':
      case 'lost':
        return late(current, event, now)
    }
  }

  const live = (current: LiveState, event: RaceEvent, now: number): void => {
    switch (event.type) {
      case 'wake':
        // The timer is used up. Where it came early, `advance` asks for it again.
        wakeAt = Infinity
        return
      case 'resolved':
      case 'resolve-failed':
        return answer(current, event, now)
      case 'aborted':
        return lose(current, 'aborted', now)
      case 'connected':
      case 'connect-failed': {
        const attempt = current.name === 'racing' ? current.attempts[event.id - 1] : undefined
        if (current.name !== 'racing' || !attempt) return bug(event)
        // An attempt that ran into its own limit was cancelled; its end may have been under way.
        if (attempt.status !== 'in-flight') return cancelLate(event, now)
        if (event.type === 'connected') return win(current, attempt, now)
        attempt.status = event.denied === true ? 'denied' : 'failed'
        attempt.sent = event.sent
      }
    }
  }

  const cancelLate = (event: RaceEvent, now: number): void => {
    if (event.type === 'connected') issue({ type: 'cancel', id: event.id, reason: 'second' }, now)
  }

  /** What comes after the end is late, not wrong; each is listed with its reason. */
  const late = (
    over: Extract<RaceState, { name: 'won' | 'lost' }>,
    event: RaceEvent,
    now: number,
  ): void => {
    switch (event.type) {
      case 'wake': // a timer that fired while the last event was on its way
      case 'resolved': // rule A4: lookups go on to fill the cache
      case 'resolve-failed':
      case 'aborted': // its asker left as it ended
        return
      case 'connected': // it connected second: exactly one winner, so this one is reset
      case 'connect-failed': // it failed as it was cancelled
        if (event.id < 1 || event.id > over.lastAttempt) return bug(event)
        return cancelLate(event, now)
    }
  }

  return {
    handle: (event, now) => {
      commands = []
      entries.push({ at: now, event })
      apply(event, now)
      advance(now)
      return commands
    },
    trace: () => ({ v: 1, config, entries }),
  }
}
