/*
 * The race of RFC 8305 sections 3 to 6 as a state machine without input or output: events in, commands out,
 * `now` as a parameter. It contains no socket, timer, promise or random number.
 *
 * Only `handle` changes the state. After the events of one moment, `advance` looks only at the state, never
 * at the events.
 */
import { fail } from '../../core/fail.ts'
import type { ReadIp } from '../../core/ip.ts'
import { familyOf, parseIp } from '../../core/ip.ts'
import { giveUpOldest } from './attempts.ts'
import { planCandidates } from './candidates.ts'
import { confirm } from './confirming.ts'
import { lose } from './ending.ts'
import { race, resetSecond, resolve, settleAttempt, createResolving } from './racing.ts'
import type { LiveState, Next, OverState, RaceContext, RaceState } from './state.ts'
import type {
  Candidate,
  RaceCommand,
  RaceConfig,
  RaceEvent,
  RaceTrace,
  TraceEntry,
} from './types.ts'

export type RaceMachine = {
  /**
   * Handles one event, or all events of one moment, and returns the resulting commands, in order. Answers
   * that are passed together are sorted together before the first attempt starts.
   *
   * @param now milliseconds of a monotonic clock; any origin, the same for the whole race
   * @throws ERR_BUG for an event that is impossible in this state; late events are possible
   */
  readonly handle: (events: RaceEvent | readonly RaceEvent[], now: number) => readonly RaceCommand[]
  /** All events and commands so far. */
  readonly trace: () => RaceTrace
}

type LookupEvent = Extract<RaceEvent, { type: 'resolved' | 'resolve-failed' }>

const isList = (events: RaceEvent | readonly RaceEvent[]): events is readonly RaceEvent[] =>
  Array.isArray(events)

/**
 * NAT64 (RFC 6052) turns the addresses of an A lookup into IPv6 addresses, marked by `embedded`. An AAAA
 * lookup may bring IPv4-mapped addresses, which count as IPv4.
 */
const isFor = ({ family, embedded }: Candidate, record: 'A' | 'AAAA'): boolean =>
  record === 'AAAA' || family === familyOf(record) || embedded !== undefined

/**
 * Creates a machine for one race. The first `wake` starts it; it ends with exactly one `won` or `lost`, or,
 * after a provisional `won`, with one `joined` or `lost`.
 *
 * @param readIp reads the addresses of candidates; `parseIp` by default
 */
export const createRaceMachine = (config: RaceConfig, readIp: ReadIp = parseIp): RaceMachine => {
  const entries: TraceEntry[] = []
  let state: RaceState = { name: 'idle' }
  let wakeAt = Infinity
  let commands: RaceCommand[] = []

  const issue = (command: RaceCommand, now: number): void => {
    commands.push(command)
    entries.push({ at: now, command })
  }
  const context: RaceContext = { config, readIp, issue }

  const bug = (event: RaceEvent): never => {
    throw fail('ERR_BUG', `a race that is ${state.name} was given ${event.type}`, { event })
  }

  const answer = (live: LiveState, event: LookupEvent, now: number): RaceState => {
    const lookup = live.lookups[event.id]
    if (!lookup) return bug(event)
    const candidates = event.type === 'resolved' ? event.candidates : []
    if (!candidates.every(candidate => isFor(candidate, lookup.record))) return bug(event)
    lookup.status = candidates.length > 0 ? 'positive' : 'negative'
    lookup.refreshing = event.refreshing === true
    // RFC 8305 section 6: the list replaces the earlier one; attempts already started continue.
    lookup.candidates = candidates
    if (live.name === 'resolving') live.firstAnswerAt ??= now
    else live.plan = planCandidates(live.lookups, config, readIp)
    return live
  }

  const begin = (now: number): RaceState => {
    for (const [id, { host, port, record }] of config.queries.entries())
      issue({ type: 'resolve', id, host, port, record }, now)
    return createResolving(config, now)
  }

  const live = (current: LiveState, event: RaceEvent, now: number): RaceState => {
    switch (event.type) {
      case 'wake':
        // The timer has fired. If it was early, `advance` requests it again.
        wakeAt = Infinity
        if (current.name !== 'resolving') current.deferredUntil = null
        return current
      case 'resolved':
      case 'resolve-failed':
        return answer(current, event, now)
      case 'aborted':
        return lose(current, 'aborted', now, context)
      case 'scarce':
        if (current.name !== 'resolving') giveUpOldest(current, now, context)
        return current
      case 'connected':
      case 'connect-failed':
      case 'confirmed':
      case 'deferred':
        if (current.name === 'resolving') return bug(event)
        return settleAttempt(current, event, now, context) ?? bug(event)
      case 'hello':
      case 'not-hello':
        if (current.name !== 'confirming' || current.firstBytes !== 'none') return bug(event)
        current.firstBytes = event.type === 'hello' ? 'hello' : 'other'
        return current
    }
  }

  /** Events after the end are late, not wrong; each is listed with its reason. */
  const late = (over: OverState, event: RaceEvent, now: number): RaceState => {
    switch (event.type) {
      case 'wake': // a timer fired during the last event
      case 'resolved': // RFC 8305 section 5: lookups go on to fill the cache
      case 'resolve-failed':
      case 'aborted': // the requester left during the end of the race
      case 'scarce': // the budget asked for attempts during the end of the race
      case 'hello': // the client sent bytes after the race was decided
      case 'not-hello':
        return over
      case 'connected': // it connected second: there is exactly one winner, so this one is reset
      case 'connect-failed': // it failed while it was being cancelled
      case 'confirmed': // it answered second, or it is the winner's answer
      case 'deferred': // the race ended before the machine knew that the attempt was not started
        if (event.id < 1 || event.id > over.lastAttempt) return bug(event)
        resetSecond(event, now, context)
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

  const take = (event: RaceEvent, now: number, more: boolean): void => {
    entries.push(more ? { at: now, event, more } : { at: now, event })
    state = apply(event, now)
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

  /** Does what the state requires: starts the race, starts an attempt, sends a ClientHello, gives up, or waits. */
  const advance = (now: number): void => {
    let next = look(state, now)
    for (; typeof next !== 'number'; next = look(state, now)) state = next
    if (next === wakeAt || next === Infinity) return
    wakeAt = next
    issue({ type: 'wake-at', at: next }, now)
  }

  return {
    handle: (events, now) => {
      commands = []
      if (isList(events)) {
        for (const [i, event] of events.entries()) take(event, now, i < events.length - 1)
      } else {
        take(events, now, false)
      }
      advance(now)
      return commands
    },
    trace: () => ({ v: 1, config, entries }),
  }
}
