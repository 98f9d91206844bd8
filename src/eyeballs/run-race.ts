import type { Clock } from '../core/clock.ts'
import type { Deadlines } from '../core/deadlines.ts'
import type { Network } from '../net/types.ts'
import type { Answer, Lookup } from '../resolver/types.ts'
import { annotateCandidates } from './annotate-candidates.ts'
import { createAttempts } from './attempts.ts'
import { createConfirmDriver } from './confirm-driver.ts'
import type { History } from './history.ts'
import { createOrigins } from './origins.ts'
import { createRaceMachine } from './race/machine.ts'
import type {
  Candidate,
  LostReason,
  Query,
  RaceCommand,
  RaceConfig,
  RaceEvent,
} from './race/types.ts'
import { createRaceTimer } from './race-timer.ts'
import type { DialRequest, DialResult, LeaveRace } from './types.ts'

/** What a race needs of the world; `S` is a connected socket, which it only passes on. */
export type RaceParts<S> = {
  readonly lookup: Lookup
  readonly network: Network<S>
  readonly clock: Clock
  /** What earlier races taught; without it each race is as the first. */
  readonly history?: History
  /** Of races that may last so long, `connectTimeoutMs`; without it each race has a timer for that. */
  readonly deadlines?: Deadlines
}

/**
 * Runs one race: gives the machine its lookups, sockets and clock, and does what it asks. The machine's
 * clock begins at 0. Lookups that outlive the race go on without it, to fill the cache (rule A4).
 *
 * @param settle called once, maybe before the call returns; the socket of a race that was won is then
 *   its receiver's
 * @param broken called instead where the engine itself failed, or `onTrace` threw; nothing is left open
 * @returns ends the race for an asker who has left, as the request's signal does
 */
export const runRace = <S>(
  { lookup, network, clock, history, deadlines }: RaceParts<S>,
  config: RaceConfig,
  { judge, confirm, onTrace, signal }: Omit<DialRequest, 'targets'>,
  settle: (result: DialResult<S>) => void,
  broken: (error: unknown) => void,
): LeaveRace => {
  const machine = createRaceMachine(config)
  const memory = history?.begin()
  const startedAt = clock.now()
  const origins = createOrigins(config.addresses)
  const events: RaceEvent[] = []
  let begun = false
  let running = false
  /** Set once the race is decided; called when the last event of that moment has been taken in. */
  let end: (() => void) | undefined
  let over = false
  let traced = 0

  const finish = (how: () => void): void => {
    end = how
    timer.stop()
    signal?.removeEventListener('abort', onAbort)
  }

  const onFault = (error: unknown): void => {
    if (over) return
    // What a released attempt still has to say is for nobody.
    over = true
    finish(() => broken(error))
    attempts.releaseAll()
    if (!running) end?.()
  }

  const tellTrace = (): void => {
    if (!onTrace) return
    const { entries } = machine.trace()
    for (const entry of entries.slice(traced)) onTrace(entry)
    traced = entries.length
  }

  /** A command may bring the next event at once; those wait their turn, so the machine never re-enters. */
  const send = (event: RaceEvent): void => {
    if (over) return
    events.push(event)
    if (running) return
    running = true
    try {
      for (let next = events.shift(); next; next = events.shift()) {
        const now = clock.now() - startedAt
        if (!begun) timer.begin(now)
        begun = true
        const commands = machine.handle(next, now)
        tellTrace()
        for (const command of commands) run(command)
      }
    } catch (error) {
      onFault(error)
    }
    running = false
    if (!end) return
    over = true
    end()
  }

  const wake = (): void => send({ type: 'wake' })
  const { connectTimeoutMs } = config.timing
  const timer = createRaceTimer(clock, startedAt, connectTimeoutMs, deadlines, wake)

  const attempts = createAttempts({
    network,
    judge,
    originOf: origins.of,
    onConnected: id => confirming?.connected(id),
    send,
  })
  const confirming =
    config.confirm === 'tls' ? createConfirmDriver({ network, attempts, confirm, send }) : undefined

  const onAbort = (): void => send({ type: 'aborted' })

  /** Takes an answer in: at once where its candidates are known at once, as those of a cached name are. */
  const onAnswer = (id: number, query: Query, answer: Answer): void | Promise<void> => {
    if (over) return
    const { source } = answer
    if (!answer.ok) return send({ type: 'resolve-failed', id, code: answer.code, source })
    origins.add(query, answer)
    const tell = (candidates: readonly Candidate[]): void =>
      send({ type: 'resolved', id, candidates, source, ttl: answer.ttl })
    const candidates = annotateCandidates(answer, query, config, network, memory)
    return candidates instanceof Promise ? candidates.then(tell) : tell(candidates)
  }

  const resolve = (id: number, query: Query): void => {
    const first = lookup(query.host, query.record, update => {
      // Behind the first answer, however long that takes to be annotated (rules C1 to C3).
      Promise.resolve(taken)
        .then(() => onAnswer(id, query, update))
        .catch(onFault)
    })
    const taken =
      first instanceof Promise
        ? first.then(answer => onAnswer(id, query, answer))
        : onAnswer(id, query, first)
    if (taken instanceof Promise) taken.catch(onFault)
  }

  const win = (id: number): void => {
    const { connected, endpoint, watch } = attempts.holding(id)
    watch?.stop()
    const { socket, local } = connected
    const { host: address, port } = endpoint
    const greetedBytes = confirming?.greetedBytes(id) ?? 0
    const trace = machine.trace()
    finish(() => {
      memory?.learn(trace)
      const result = { outcome: 'won', socket, address, port, local, trace } as const
      settle(greetedBytes > 0 ? { ...result, greetedBytes } : result)
    })
  }

  const lose = (reason: LostReason): void => {
    const trace = machine.trace()
    finish(() => {
      memory?.learn(trace)
      if (reason === 'aborted') settle({ outcome: 'aborted', trace })
      else settle({ outcome: 'failed', reason, trace, errors: attempts.errors })
    })
  }

  const run = (command: RaceCommand): void => {
    switch (command.type) {
      case 'resolve':
        return resolve(command.id, command)
      case 'connect':
        return attempts.connect(command)
      case 'cancel':
        return attempts.release(command.id)
      case 'wake-at':
        return timer.wakeAt(command.at)
      case 'won':
        return command.provisional ? confirming?.begin(command.id) : win(command.id)
      case 'greet':
        return confirming?.greet(command.id)
      case 'joined':
        return win(command.id)
      case 'lost':
        return lose(command.reason)
    }
  }

  if (signal?.aborted === true) {
    onAbort()
    return onAbort
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  wake()
  return onAbort
}
