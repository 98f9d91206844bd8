import type { Clock } from '../core/clock.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { Network } from '../net/types.ts'
import type { Answer, Lookup } from '../resolver/types.ts'
import { annotateCandidates } from './annotate-candidates.ts'
import type { Origin } from './attempts.ts'
import { createAttempts } from './attempts.ts'
import { createConfirmDriver } from './confirm-driver.ts'
import type { History } from './history.ts'
import { createRaceMachine } from './race/machine.ts'
import type { LostReason, Query, RaceCommand, RaceConfig, RaceEvent } from './race/types.ts'
import type { DialRequest, DialResult } from './types.ts'

/** What a race needs of the world; `S` is a connected socket, which it only passes on. */
export type RaceParts<S> = {
  readonly lookup: Lookup
  readonly network: Network<S>
  readonly clock: Clock
  /** What earlier races taught; without it each race is as the first. */
  readonly history?: History
}

/**
 * Runs one race: gives the machine its lookups, sockets and clock, and does what it asks. The machine's
 * clock begins at 0. Lookups that outlive the race go on without it, to fill the cache (rule A4).
 *
 * @param settle called once; the socket of a race that was won is then its receiver's
 * @param broken called instead where the engine itself failed, or `onTrace` threw; nothing is left open
 */
export const runRace = <S>(
  { lookup, network, clock, history }: RaceParts<S>,
  config: RaceConfig,
  { judge, confirm, onTrace, signal }: Omit<DialRequest, 'targets'>,
  settle: (result: DialResult<S>) => void,
  broken: (error: unknown) => void,
): void => {
  const machine = createRaceMachine(config)
  const memory = history?.begin()
  const startedAt = clock.now()
  /** Where each endpoint came from, for the judge. */
  const origins = new Map<string, Origin>()
  const events: RaceEvent[] = []
  let running = false
  /** Set once the race is decided; called when the last event of that moment has been taken in. */
  let end: (() => void) | undefined
  let over = false
  let traced = 0
  let cancelWake = (): void => {}

  const finish = (how: () => void): void => {
    end = how
    cancelWake()
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
        const commands = machine.handle(next, clock.now() - startedAt)
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

  const attempts = createAttempts({
    network,
    judge,
    originOf: endpoint => origins.get(endpoint),
    onConnected: id => confirming?.connected(id),
    send,
  })
  const confirming =
    config.confirm === 'tls' ? createConfirmDriver({ network, attempts, confirm, send }) : undefined

  const onAbort = (): void => send({ type: 'aborted' })

  const onAnswer = async (id: number, query: Query, answer: Answer): Promise<void> => {
    if (over) return
    const { source } = answer
    if (!answer.ok) return send({ type: 'resolve-failed', id, code: answer.code, source })
    const from = { host: query.host, source: answer.origin ?? source }
    for (const address of answer.addresses) {
      const endpoint = formatHostPort({ host: address, port: query.port })
      const embedded = answer.embedded?.get(address)
      const origin = embedded === undefined ? from : { ...from, embedded }
      if (!origins.has(endpoint)) origins.set(endpoint, origin)
    }
    const candidates = await annotateCandidates(answer, query, config, network, memory)
    send({ type: 'resolved', id, candidates, source, ttl: answer.ttl })
  }

  const resolve = (id: number, query: Query): void => {
    const first = lookup(query.host, query.record, update => {
      // Behind the first answer, however long that takes to be annotated (rules C1 to C3).
      taken.then(() => onAnswer(id, query, update)).catch(onFault)
    })
    const taken = first.then(answer => onAnswer(id, query, answer))
    taken.catch(onFault)
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
      const given = greetedBytes > 0 && { greetedBytes }
      settle({ outcome: 'won', socket, address, port, local, trace, ...given })
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
        cancelWake()
        cancelWake = clock.after(command.at - (clock.now() - startedAt), () =>
          send({ type: 'wake' }),
        )
        return
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

  for (const { address, port, embedded } of config.addresses ?? []) {
    if (embedded === undefined) continue
    const endpoint = formatHostPort({ host: address, port })
    origins.set(endpoint, { host: address, source: 'literal', embedded })
  }
  if (signal?.aborted === true) return onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  send({ type: 'wake' })
}
