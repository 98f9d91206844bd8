import type { Source } from '../types.ts'

/**
 * Asks for the record types of one name in sequence (resolv.conf(5), `single-request`), because some
 * routers lose one of two simultaneous answers.
 *
 * @param isOn called for each query
 */
export const createSingleRequest = (source: Source, isOn: () => boolean): Source => {
  /** Queued queries, by the name that has a query in flight. */
  const busy = new Map<string, Set<() => void>>()

  /** Sends the next query of a name after the previous one has ended. */
  const advance = (name: string): void => {
    const waiting = busy.get(name)
    const [next] = waiting ?? []
    if (next) {
      waiting?.delete(next)
      next()
    } else busy.delete(name)
  }

  return (name, record, settle, control) => {
    const waiting = busy.get(name)
    if (!waiting && !isOn()) return source(name, record, settle, control)
    let cancel = (): void => {}
    let state: 'waiting' | 'asked' | 'over' = 'waiting'
    const end = (): void => {
      const wasAsked = state === 'asked'
      state = 'over'
      if (wasAsked) advance(name)
    }
    const ask = (): void => {
      state = 'asked'
      cancel = source(
        name,
        record,
        answer => {
          end()
          settle(answer)
        },
        control,
      )
    }
    if (waiting) waiting.add(ask)
    else {
      busy.set(name, new Set())
      ask()
    }
    return () => {
      if (state === 'waiting') waiting?.delete(ask)
      else if (state === 'asked') cancel()
      end()
    }
  }
}
