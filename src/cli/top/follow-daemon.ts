import type { RaceEntry } from '../../admin/api.ts'
import type { Clock } from '../../core/clock.ts'
import { codeOf } from '../../core/fail.ts'
import type { AdminClient } from '../admin-client.ts'
import { askConnections, askRaces, askStatus, raceOfEvent } from '../daemon-answers.ts'
import type { TopState } from './top-state.ts'
import { withConnections, withFailure, withRaces, withStatus } from './top-state.ts'

/** Between two looks at the daemon, and before it is asked again after a failure. */
export const POLL_MS = 1000

/** Connections of one look: more than a screen has lines. */
const CONNECTIONS = 200
/** Races of before. */
const RACES = 200

/** Follows one daemon until the signal, also through its restarts. */
export const followDaemon = async ({
  client,
  clock,
  first,
  signal,
  change,
}: {
  readonly client: AdminClient
  readonly clock: Pick<Clock, 'after'>
  /** The state at the start, with the daemon's first status. */
  readonly first: TopState
  readonly signal: AbortSignal
  /** Gets each new state. */
  readonly change: (state: TopState) => void
}): Promise<void> => {
  let state = first
  /** The newest race that is known, of the run that started then. */
  let lastId = 0
  let startedAt = first.status?.startedAt ?? 0

  const set = (next: TopState): void => {
    state = next
    if (!signal.aborted) change(state)
  }

  const pause = (): Promise<void> =>
    new Promise(resolve => {
      const over = (): void => {
        cancel()
        signal.removeEventListener('abort', over)
        resolve()
      }
      const cancel = clock.after(POLL_MS, over)
      if (signal.aborted) over()
      else signal.addEventListener('abort', over)
    })

  const addRaces = (races: readonly RaceEntry[]): void => {
    const fresh = races.filter(({ id }) => id > lastId)
    const newest = fresh.at(-1)
    if (!newest) return
    lastId = newest.id
    set(withRaces(state, fresh))
  }

  const poll = async (): Promise<void> => {
    const [status, { connections, total }] = await Promise.all([
      askStatus(client),
      askConnections(client, CONNECTIONS),
    ])
    set(withConnections(withStatus(state, status), connections, total))
  }

  const pollOn = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await poll()
      } catch (error) {
        set(withFailure(state, (error as Error).message))
      }
      await pause()
    }
  }

  const streamOn = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const run = await askStatus(client)
        // A daemon that was restarted counts its races from 1 again.
        if (run.startedAt !== startedAt) lastId = 0
        ;({ startedAt } = run)
        addRaces((await askRaces(client, RACES)).toReversed())
        await client.stream(
          '/races/stream',
          lastId,
          event => {
            const race = raceOfEvent(event)
            if (race) addRaces([race])
          },
          signal,
        )
      } catch (error) {
        // The polls report a daemon that does not answer. A daemon without the stream has no races to show.
        if (codeOf(error) === 'ERR_BUG') throw error
      }
      await pause()
    }
  }

  await Promise.all([pollOn(), streamOn()])
}
