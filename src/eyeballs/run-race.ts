import type { Clock } from '../core/clock.ts'
import type { Deadlines } from '../core/deadlines.ts'
import { changesPath } from '../core/egress.ts'
import type { ReadIp } from '../core/ip.ts'
import { createIpReader } from '../core/ip.ts'
import type { Judge } from '../core/judge.ts'
import { createRequester, leave } from '../core/requester.ts'
import type { Network } from '../net/network.ts'
import type { Lookup } from '../resolver/types.ts'
import { createAttemptSockets } from './attempt-sockets.ts'
import { createConfirmDriver } from './confirm-driver.ts'
import type { History, IsApart } from './history/create-history.ts'
import { createLookups } from './lookups.ts'
import type { Origins } from './origins.ts'
import { createOrigins } from './origins.ts'
import type { RaceCount } from './race-count.ts'
import { createRaceTimer } from './race-timer.ts'
import { createRaceMachine } from './race/machine.ts'
import type { LostReason, RaceCommand, RaceConfig, RaceEvent } from './race/types.ts'
import type { AttemptBudget, DialRequest, DialResult, LeaveRace } from './types.ts'

/** The parts that a race needs; `S` is a connected socket, which the race only passes on. */
export type RaceParts<S> = {
  readonly lookup: Lookup
  readonly network: Network<S>
  readonly clock: Clock
  /** The history of earlier races; without it, races do not learn. */
  readonly history?: Pick<History, 'begin'>
  /** The deadlines of all races with this `connectTimeoutMs`; without it, each race has its own timer. */
  readonly deadlines?: Deadlines
  /** Asked before an attempt starts while another one of its race is open; without it, attempts are not limited. */
  readonly budget?: AttemptBudget
  /** Counts the races that run. */
  readonly count?: Pick<RaceCount, 'begun' | 'over'>
}

/** Whether the judge's permit for a candidate chooses another path. */
const apartBy =
  (judge: Judge, { of }: Origins, readIp: ReadIp): IsApart =>
  ({ address, family, port }) => {
    const permit = judge(of(address, port), readIp)?.egress
    return permit !== undefined && changesPath(permit, family)
  }

/**
 * Runs one race: passes lookups, sockets and clock events to the machine, and executes its commands. The
 * machine's clock starts at 0. The requester of the lookups leaves at the end of the race; lookups in flight
 * then continue, to fill the cache (RFC 8305 section 5).
 *
 * @param settle called once, possibly before this call returns; the receiver then owns the winner's socket
 * @param broken called instead if the engine failed or `onTrace` threw; nothing stays open
 * @param readIp reads the race's addresses; the default parses each once
 * @returns ends the race if its requester has left, as the request's signal does
 */
export const runRace = <S>(
  { lookup, network, clock, history, deadlines, budget, count }: RaceParts<S>,
  config: RaceConfig,
  request: Omit<DialRequest, 'targets'>,
  settle: (result: DialResult<S>) => void,
  broken: (error: unknown) => void,
  readIp: ReadIp = createIpReader(),
): LeaveRace => {
  const { judge, hasPaths, confirm, preface, onTrace, signal } = request
  const { requester = createRequester() } = request
  const machine = createRaceMachine(config, readIp)
  const memory = history?.begin(readIp)
  const startedAt = clock.now()
  const origins = createOrigins(config.addresses)
  let events: RaceEvent[] = []
  let begun = false
  let running = false
  /** Set when the race is decided; called after the last event of that moment. */
  let end: (() => void) | undefined
  let over = false
  let traced = 0

  const finish = (how: () => void): void => {
    end = how
    timer.stop()
    attempts.close()
    leave(requester)
    signal?.removeEventListener('abort', onAbort)
  }

  const onFault = (error: unknown): void => {
    if (over) return
    // Later events of released attempts are ignored.
    over = true
    attempts.releaseAll()
    finish(() => broken(error))
    if (running) return
    count?.over()
    end?.()
  }

  const reportTrace = (): void => {
    if (!onTrace) return
    const { entries } = machine.trace()
    for (const entry of entries.slice(traced)) onTrace(entry)
    traced = entries.length
  }

  /** The events of the next moment; undefined if there are none. */
  const takeMoment = (): readonly RaceEvent[] | undefined => {
    lookups.moveTo(events)
    if (events.length === 0) return undefined
    const moment = events
    events = []
    return moment
  }

  /**
   * A command may cause events at once. They wait until all commands are executed, so that the machine is
   * never re-entered.
   */
  const goOn = (): void => {
    if (over || running) return
    running = true
    try {
      for (let moment = takeMoment(); moment; moment = takeMoment()) {
        const now = clock.now() - startedAt
        if (!begun) timer.begin(now)
        begun = true
        const [first] = moment
        const commands = machine.handle(first && moment.length === 1 ? first : moment, now)
        reportTrace()
        for (const command of commands) run(command)
      }
    } catch (error) {
      onFault(error)
    }
    running = false
    if (!end) return
    over = true
    count?.over()
    end()
  }

  const send = (event: RaceEvent): void => {
    if (over) return
    events.push(event)
    goOn()
  }

  const wake = (): void => send({ type: 'wake' })
  const { connectTimeoutMs } = config.timing
  const timer = createRaceTimer(clock, startedAt, connectTimeoutMs, deadlines, wake)

  const attempts = createAttemptSockets({
    network,
    judge,
    budget,
    originOf: origins.of,
    readIp,
    onConnected: id => confirming?.connected(id),
    send,
  })
  const confirming =
    config.confirm === 'tls'
      ? createConfirmDriver({ network, attempts, confirm, preface, send })
      : undefined

  const lookups = createLookups({
    lookup,
    requester,
    config,
    network,
    memory,
    origins,
    isApart: judge && hasPaths ? apartBy(judge, origins, readIp) : undefined,
    readIp,
    isOver: () => over,
    onReady: goOn,
    broken: onFault,
  })

  const onAbort = (): void => send({ type: 'aborted' })

  const win = (id: number): void => {
    const { connected, endpoint, watch } = attempts.connectedAttempt(id)
    watch?.stop()
    const { socket, local } = connected
    const { host: address, port } = endpoint
    const greetedBytes = confirming?.greetedBytes(id) ?? 0
    const isPrefaced = confirming?.isPrefaced(id) === true
    const trace = machine.trace()
    finish(() => {
      memory?.learn(trace, attempts.apart)
      const result = { outcome: 'won', socket, address, port, local, trace } as const
      const greeted = greetedBytes > 0 ? { ...result, greetedBytes } : result
      settle(isPrefaced ? { ...greeted, prefaced: true } : greeted)
    })
  }

  const lose = (reason: LostReason): void => {
    const trace = machine.trace()
    finish(() => {
      memory?.learn(trace, attempts.apart)
      if (reason === 'aborted') settle({ outcome: 'aborted', trace })
      else settle({ outcome: 'failed', reason, trace, errors: attempts.errors })
    })
  }

  const run = (command: RaceCommand): void => {
    switch (command.type) {
      case 'resolve':
        return lookups.resolve(command.id, command)
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

  count?.begun()
  if (signal?.aborted === true) {
    onAbort()
    return onAbort
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  wake()
  return onAbort
}
