/*
 * The race of RFC 8305 sections 3 to 6 as a machine without input or output: events in, commands out,
 * `now` a parameter. It asks, it never does: no socket, timer, promise or random number is in here.
 *
 * Rule 1: whatever happens goes through `handle`; nothing else changes the state.
 * Rule 2: after each event `advance` looks at the state alone, never at what the event was.
 */
import { familyOf } from '../../core/family.ts'
import { fail } from '../../core/fail.ts'
import { planCandidates } from './candidates.ts'
import { confirm, isToConfirm, winProvisionally } from './confirming.ts'
import { join, lose, win } from './ending.ts'
import { race, resolve } from './racing.ts'
import { createResolving } from './resolution.ts'
import type {
  Attempt,
  LiveState,
  Next,
  OverState,
  RaceContext,
  RaceState,
  TryingState,
} from './state.ts'
import type { RaceTrace, TraceEntry } from './trace.ts'
import type { Candidate, RaceCommand, RaceConfig, RaceEvent } from './types.ts'

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

/** Of IPv4 lookups a NAT64 (RFC 6052) makes IPv6 addresses, which say so. */
const isFor = ({ family, embedded }: Candidate, record: 'A' | 'AAAA'): boolean =>
  family === familyOf(record) || (record === 'A' && embedded !== undefined)

/**
 * A machine for one race. The first `wake` begins it; it ends with exactly one `won` or `lost`, or
 * where that `won` is provisional, with one `joined` or `lost` behind it.
 */
export const createRaceMachine = (config: RaceConfig): RaceMachine => {
  const entries: TraceEntry[] = []
  let state: RaceState = { name: 'idle' }
  let wakeAt = Infinity
  let commands: RaceCommand[] = []

  const issue = (command: RaceCommand, now: number): void => {
    commands.push(command)
    entries.push({ at: now, command })
  }
  const context: RaceContext = { config, issue }

  const bug = (event: RaceEvent): never => {
    throw fail('ERR_BUG', `a race that is ${state.name} was given ${event.type}`, { event })
  }

  const answer = (live: LiveState, event: RaceEvent & { id: number }, now: number): RaceState => {
    const lookup = live.lookups[event.id]
    if (!lookup) return bug(event)
    const candidates = event.type === 'resolved' ? event.candidates : []
    if (!candidates.every(candidate => isFor(candidate, lookup.record))) return bug(event)
    lookup.status = candidates.length > 0 ? 'positive' : 'negative'
    // Rules C1 to C3: the list replaces the earlier one; what was started lives on.
    lookup.candidates = candidates
    if (live.name === 'resolving') live.firstAnswerAt ??= now
    else live.plan = planCandidates(live.lookups, config)
    return live
  }

  const begin = (now: number): RaceState => {
    for (const [id, { host, port, record }] of config.queries.entries())
      issue({ type: 'resolve', id, host, port, record }, now)
    return createResolving(config, now)
  }

  const connect = (current: TryingState, attempt: Attempt, now: number): RaceState => {
    attempt.status = 'connected'
    attempt.connectedAt = now
    if (current.name === 'confirming') {
      current.connections.push(attempt)
      return current
    }
    return isToConfirm(current, context)
      ? winProvisionally(current, attempt, now, context)
      : win(current, attempt, now, context)
  }

  /** An attempt that ran into its own limit, or lost, was cancelled; its end may have been under way. */
  const reset = (event: RaceEvent & { id: number }, now: number): void => {
    if (event.type === 'connected') issue({ type: 'cancel', id: event.id, reason: 'second' }, now)
  }

  const settle = (
    current: TryingState,
    event: RaceEvent & { type: 'connected' | 'connect-failed' | 'confirmed' },
    now: number,
  ): RaceState => {
    const attempt = current.attempts[event.id - 1]
    if (!attempt) return bug(event)
    const { status } = attempt
    if (event.type === 'confirmed') {
      if (current.name !== 'confirming' || status !== 'connected') return bug(event)
      return join(current, attempt, 'unconfirmed', now, context)
    }
    if (event.type === 'connected') {
      if (status === 'connected') return bug(event)
      if (status === 'in-flight') return connect(current, attempt, now)
      reset(event, now)
    } else if (status === 'in-flight') {
      attempt.status = event.denied === true ? 'denied' : 'failed'
      attempt.sent = event.sent
    } else if (status === 'connected') {
      // Closed before it answered: it did send.
      attempt.status = 'failed'
    }
    return current
  }

  const live = (current: LiveState, event: RaceEvent, now: number): RaceState => {
    switch (event.type) {
      case 'wake':
        // The timer is used up. Where it came early, `advance` asks for it again.
        wakeAt = Infinity
        return current
      case 'resolved':
      case 'resolve-failed':
        return answer(current, event, now)
      case 'aborted':
        return lose(current, 'aborted', now, context)
      case 'connected':
      case 'connect-failed':
      case 'confirmed':
        return current.name === 'resolving' ? bug(event) : settle(current, event, now)
      case 'hello':
      case 'not-hello':
        if (current.name !== 'confirming' || current.said !== 'nothing') return bug(event)
        current.said = event.type === 'hello' ? 'hello' : 'other'
        return current
    }
  }

  /** What comes after the end is late, not wrong; each is listed with its reason. */
  const late = (over: OverState, event: RaceEvent, now: number): RaceState => {
    switch (event.type) {
      case 'wake': // a timer that fired while the last event was on its way
      case 'resolved': // rule A4: lookups go on to fill the cache
      case 'resolve-failed':
      case 'aborted': // its asker left as it ended
      case 'hello': // the client spoke when nothing was left to decide
      case 'not-hello':
        return over
      case 'connected': // it connected second: exactly one winner, so this one is reset
      case 'connect-failed': // it failed as it was cancelled
      case 'confirmed': // it answered second, or answers the one who won
        if (event.id < 1 || event.id > over.lastAttempt) return bug(event)
        reset(event, now)
        return over
    }
  }

  const apply = (event: RaceEvent, now: number): RaceState => {
    switch (state.name) {
      case 'idle':
        if (event.type === 'wake') return begin(now)
        if (event.type !== 'aborted') return bug(event)
        issue({ type: 'lost', reason: 'aborted' }, now)
        return { name: 'lost', reason: 'aborted', lastAttempt: 0 }
      case 'resolving':
      case 'racing':
      case 'confirming':
        return live(state, event, now)
      case 'won':
      case 'lost':
        return late(state, event, now)
    }
  }

  const look = (current: RaceState, now: number): Next => {
    switch (current.name) {
      case 'resolving':
        return resolve(current, now, context)
      case 'racing':
        return race(current, now, context)
      case 'confirming':
        return confirm(current, now, context)
      case 'idle':
      case 'won':
      case 'lost':
        return Infinity
    }
  }

  /** Whatever the state now asks for: begin to race, start an attempt, greet a target, give up, or wait. */
  const advance = (now: number): void => {
    let next = look(state, now)
    for (; typeof next !== 'number'; next = look(state, now)) state = next
    if (next === wakeAt || next === Infinity) return
    wakeAt = next
    issue({ type: 'wake-at', at: next }, now)
  }

  return {
    handle: (event, now) => {
      commands = []
      entries.push({ at: now, event })
      state = apply(event, now)
      advance(now)
      return commands
    },
    trace: () => ({ v: 1, config, entries }),
  }
}
