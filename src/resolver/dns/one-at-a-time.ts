import type { Source } from '../query.ts'

/**
 * Asks for the types of one name one after the other (resolv.conf(5), `single-request`): some routers
 * lose one of two answers that come at once.
 *
 * @param isOn asked for each question
 */
export const oneAtATime = (source: Source, isOn: () => boolean): Source => {
  /** The questions that wait, by the name of the one that is in flight. */
  const busy = new Map<string, Set<() => void>>()

  /** The question in flight is over: the next one of the name is asked. */
  const advance = (name: string): void => {
    const waiting = busy.get(name)
    const [next] = waiting ?? []
    if (next) {
      waiting?.delete(next)
      next()
    } else busy.delete(name)
  }

  return (name, record, settle, asking) => {
    const waiting = busy.get(name)
    if (!waiting && !isOn()) return source(name, record, settle, asking)
    let giveUp = (): void => {}
    let state: 'waiting' | 'asked' | 'over' = 'waiting'
    const end = (): void => {
      const wasAsked = state === 'asked'
      state = 'over'
      if (wasAsked) advance(name)
    }
    const ask = (): void => {
      state = 'asked'
      giveUp = source(
        name,
        record,
        answer => {
          end()
          settle(answer)
        },
        asking,
      )
    }
    if (waiting) waiting.add(ask)
    else {
      busy.set(name, new Set())
      ask()
    }
    return () => {
      if (state === 'waiting') waiting?.delete(ask)
      else if (state === 'asked') giveUp()
      end()
    }
  }
}
