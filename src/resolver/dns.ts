import type { Clock } from '../core/clock.ts'
import type { RecordType } from '../core/family.ts'
import type { AskServer } from './ask-server.ts'
import { createPace } from './pace.ts'
import { isNegative } from './query.ts'
import type { Query } from './query.ts'
import { createServerList } from './server-list.ts'
import type { Answer, LookupCode } from './types.ts'

/** Queries to DNS servers. */
export type DnsClient = {
  readonly query: Query
  /** The network is another one: no server is thought silent any longer. Queries under way go on. */
  readonly forget: () => void
  /** Ends all queries; they answer ECANCELLED. */
  readonly close: () => void
}

const CANCELLED: Answer = { ok: false, code: 'ECANCELLED', source: 'dns' }

/** The server was not reached, or said nothing. All other codes are its own words. */
const isSilence = (code: LookupCode): boolean => code === 'ETIMEDOUT' || code === 'ECONNREFUSED'

/**
 * Asks the servers in turn: the next one when a server does not answer within its timeout, when it
 * cannot be reached, and when it answers with a failure. Each is asked up to `attempts` times, but
 * not again once it has answered. An answer that comes after its timeout still counts while the
 * query lives. A server that was silent goes behind the others; now and then one query goes to it as
 * well, and nobody waits for that. A burst is spread over some time, so that no server loses part of it.
 *
 * @param servers the servers in use at this moment, in the order of the configuration
 * @param timeoutMs for each server and attempt
 * @param attempts for each server, 1 or more
 */
export const createDnsClient = ({
  servers,
  timeoutMs,
  attempts,
  clock,
  ask,
}: {
  readonly servers: () => readonly string[]
  readonly timeoutMs: number
  readonly attempts: number
  readonly clock: Clock
  readonly ask: AskServer
}): DnsClient => {
  const list = createServerList(clock)
  const pace = createPace(clock)
  const running = new Set<() => void>()
  let closed = false

  /** Asks one server with a timer. `late` tells an answer that came after its timeout was reported. */
  const askInTime = (
    server: string,
    name: string,
    record: RecordType,
    settle: (answer: Answer, late: boolean) => void,
  ): (() => void) => {
    let stop = (): void => {}
    const leave = pace.enter(server, () => {
      const askedAt = clock.now()
      let late = false
      const stopTimer = clock.after(timeoutMs, () => {
        late = true
        list.silent(server, askedAt)
        settle({ ok: false, code: 'ETIMEDOUT', source: 'dns' }, false)
      })
      const cancel = ask(server, name, record, answer => {
        stopTimer()
        leave()
        if (!answer.ok && isSilence(answer.code)) list.silent(server, askedAt)
        else list.answered(server)
        settle(answer, late)
      })
      stop = () => {
        stopTimer()
        cancel()
      }
    })
    return () => {
      leave()
      stop()
    }
  }

  /** Whether a silent server is back: the same question, for its own sake. */
  const probe = (server: string, name: string, record: RecordType): void => {
    const stop = askInTime(server, name, record, () => {
      running.delete(stop)
      stop()
    })
    running.add(stop)
  }

  const query: Query = (name, record, settle) => {
    if (closed) return settle(CANCELLED)
    const known = servers()
    const order = list.order(known)
    const answered = new Set<string>()
    const stops: (() => void)[] = []
    let next = 0
    let failure: LookupCode = 'ECONNREFUSED'

    const end = (answer: Answer): void => {
      running.delete(cancel)
      for (const stop of stops) stop()
      settle(answer)
    }
    const cancel = (): void => end(CANCELLED)

    const askNext = (): void => {
      while (next < order.length * attempts) {
        const server = order[next++ % order.length]
        if (server === undefined || answered.has(server)) continue
        stops.push(
          askInTime(server, name, record, (answer, late) => {
            if (answer.ok || isNegative(answer)) return end(answer)
            // What a server said is worth more to a reader than that another was silent.
            if (!isSilence(answer.code)) answered.add(server)
            if (!isSilence(answer.code) || answered.size === 0) failure = answer.code
            // The next one has been asked already when the timeout was over.
            if (!late) askNext()
          }),
        )
        return
      }
      end({ ok: false, code: failure, source: 'dns' })
    }

    running.add(cancel)
    askNext()
    for (const server of list.takeProbes(known)) {
      if (server !== order[0]) probe(server, name, record)
    }
  }

  return {
    query,
    forget: list.forget,
    close: () => {
      closed = true
      for (const stop of running) stop()
      running.clear()
    },
  }
}
