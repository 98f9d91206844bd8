import { fail } from '../core/fail.ts'
import type { HostPort } from '../core/host-port.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { Clock } from '../core/clock.ts'
import type { Connected, Network, NotConnected } from '../net/types.ts'
import type { Answer, Lookup } from '../resolver/types.ts'
import { annotateCandidates } from './annotate-candidates.ts'
import { createRaceMachine } from './race/machine.ts'
import type { Query, RaceCommand, RaceConfig, RaceEvent } from './race/types.ts'
import type { DialRequest, DialResult } from './types.ts'

/** What a race needs of the world; `S` is a connected socket, which it only passes on. */
export type RaceParts<S> = {
  readonly lookup: Lookup
  readonly network: Network<S>
  readonly clock: Clock
}

type Running<S> = {
  readonly endpoint: HostPort
  readonly cancel: () => boolean
  connected?: Connected<S>
}

const DENIED_MESSAGE = {
  ERR_ACCESS_DENIED: 'denied by an access rule',
  ERR_LOOP: "one of the daemon's own listeners",
} as const

/**
 * Runs one race: gives the machine its lookups, sockets and clock, and does what it asks. The machine's
 * clock begins at 0. Lookups that outlive the race go on without it, to fill the cache (rule A4).
 *
 * @param settle called once; the socket of a race that was won is then its receiver's
 * @param broken called instead where the engine itself failed; nothing is left open
 */
export const runRace = <S>(
  { lookup, network, clock }: RaceParts<S>,
  config: RaceConfig,
  { judge, signal }: DialRequest,
  settle: (result: DialResult<S>) => void,
  broken: (error: unknown) => void,
): void => {
  const machine = createRaceMachine(config)
  const startedAt = clock.now()
  const attempts = new Map<number, Running<S>>()
  /** Where each endpoint came from, for the judge. */
  const origins = new Map<string, { host: string; source: string }>()
  const errors = new Map<number, Error>()
  const events: RaceEvent[] = []
  let running = false
  /** Set once the race is decided; told when the last event of that moment has been taken in. */
  let tell: (() => void) | undefined
  const isOver = (): boolean => tell !== undefined
  let cancelWake = (): void => {}

  const release = (id: number): void => {
    const attempt = attempts.get(id)
    if (!attempt) return
    attempts.delete(id)
    if (attempt.connected) network.reset(attempt.connected.socket)
    else if (attempt.cancel()) events.push({ type: 'connected', id, local: '' })
  }

  const finish = (how: () => void): void => {
    tell = how
    cancelWake()
    signal?.removeEventListener('abort', onAbort)
  }

  const onBug = (error: unknown): void => {
    if (isOver()) return
    finish(() => broken(error))
    for (const id of attempts.keys()) release(id)
    events.length = 0
    if (!running) broken(error)
  }

  /** A command may bring the next event at once; those wait their turn, so the machine never re-enters. */
  const send = (event: RaceEvent): void => {
    if (isOver()) return
    events.push(event)
    if (running) return
    running = true
    try {
      for (let next = events.shift(); next; next = events.shift()) {
        const commands = machine.handle(next, clock.now() - startedAt)
        for (const command of commands) run(command)
      }
    } catch (error) {
      onBug(error)
    }
    running = false
    tell?.()
  }

  const onAbort = (): void => send({ type: 'aborted' })

  const onAnswer = async (id: number, query: Query, answer: Answer): Promise<void> => {
    if (isOver()) return
    const { source } = answer
    if (!answer.ok) return send({ type: 'resolve-failed', id, code: answer.code, source })
    for (const address of answer.addresses) {
      const endpoint = formatHostPort({ host: address, port: query.port })
      if (!origins.has(endpoint)) origins.set(endpoint, { host: query.host, source })
    }
    const candidates = await annotateCandidates(answer.addresses, query, config, network)
    send({ type: 'resolved', id, candidates, source, ttl: answer.ttl })
  }

  const resolve = (id: number, query: Query): void => {
    lookup(query.host, query.record)
      .then(answer => onAnswer(id, query, answer))
      .catch(onBug)
  }

  const onSettled = (id: number, result: Connected<S> | NotConnected): void => {
    const attempt = attempts.get(id)
    if (!attempt) {
      if (result.ok) network.reset(result.socket)
    } else if (result.ok) {
      attempt.connected = result
      const { address, port } = result.local
      send({ type: 'connected', id, local: formatHostPort({ host: address, port }) })
    } else {
      attempts.delete(id)
      const { code, message, sent, error } = result
      if (error) errors.set(id, error)
      send({ type: 'connect-failed', id, code, message, sent })
    }
  }

  const connect = ({ id, address, family, port }: RaceCommand & { type: 'connect' }): void => {
    const text = formatHostPort({ host: address, port })
    const origin = origins.get(text) ?? { host: address, source: 'literal' }
    const code = judge?.({ ...origin, address, port })
    if (code) {
      const message = `${text}: ${DENIED_MESSAGE[code]}`
      return send({ type: 'connect-failed', id, code, message, sent: false, denied: true })
    }
    const cancel = network.connect({ address, family, port }, result => onSettled(id, result))
    attempts.set(id, { endpoint: { host: address, port }, cancel })
  }

  const win = (id: number): void => {
    const winner = attempts.get(id)
    if (!winner?.connected) throw fail('ERR_BUG', `attempt ${id} won a race without a socket`)
    const { socket, local } = winner.connected
    const { host: address, port } = winner.endpoint
    attempts.clear()
    const trace = machine.trace()
    finish(() => settle({ outcome: 'won', socket, address, port, local, trace }))
  }

  const run = (command: RaceCommand): void => {
    switch (command.type) {
      case 'resolve':
        return resolve(command.id, command)
      case 'connect':
        return connect(command)
      case 'cancel':
        return release(command.id)
      case 'wake-at':
        cancelWake()
        cancelWake = clock.after(command.at - (clock.now() - startedAt), () =>
          send({ type: 'wake' }),
        )
        return
      case 'won':
        return win(command.id)
      case 'lost': {
        const { reason } = command
        const trace = machine.trace()
        return finish(() =>
          settle(
            reason === 'aborted'
              ? { outcome: 'aborted', trace }
              : { outcome: 'failed', reason, trace, errors },
          ),
        )
      }
    }
  }

  if (signal?.aborted === true) return onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  send({ type: 'wake' })
}
