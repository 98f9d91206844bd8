import type { DaemonView } from '../../admin/daemon-view.ts'
import type { KeptRace } from '../../admin/kept-race.ts'
import type { RaceRing } from '../../admin/race-ring.ts'
import { createRaceRing } from '../../admin/race-ring.ts'
import type { CancelTimer, Clock } from '../../core/clock.ts'
import { sumStatus } from '../status-counts.ts'
import type { Ask } from './questions.ts'

/** How often races are fetched while a stream is open. */
const STREAM_INTERVAL_MS = 250

/** How often races are fetched otherwise: those of a worker that dies in between are lost. */
const IDLE_INTERVAL_MS = 5000

/** A worker, as the endpoint asks it. */
type Asked = { readonly ask: Ask }

type WorkersViewParts = {
  readonly clock: Pick<Clock, 'after'>
  readonly running: () => readonly Asked[]
}

/** The workers as the endpoint sees them. */
type WorkersView = DaemonView & {
  /** Changes how many races are kept; 0: none. */
  readonly keepRaces: (max: number) => void
  readonly close: () => void
}

/**
 * What the endpoint of the primary shows. Each worker keeps its own races, and the primary fetches them when
 * somebody asks: so a race costs a worker next to nothing, and no slow primary can make it grow.
 */
export const createWorkersView = ({ clock, running }: WorkersViewParts): WorkersView => {
  const ring: RaceRing<KeptRace> = createRaceRing()
  /** The number of the last race of each worker that the ring got. */
  const fetched = new WeakMap<Asked, number>()
  const watchers = new Set<() => void>()
  let cancelFetch: CancelTimer = () => {}
  let fetching: Promise<void> = Promise.resolve()

  const fetchFrom = async (worker: Asked, found: (readonly [number, string])[]): Promise<void> => {
    for (;;) {
      const answer = await worker.ask({ type: 'races', after: fetched.get(worker) ?? 0 })
      if (!answer) return
      found.push(...answer.races)
      fetched.set(worker, answer.last)
      if (answer.isAll) return
    }
  }

  const fetchAll = async (): Promise<void> => {
    if (ring.max() === 0) return
    const found: (readonly [number, string])[] = []
    await Promise.all(running().map(worker => fetchFrom(worker, found)))
    found.sort(([a], [b]) => a - b)
    for (const [time, fields] of found) ring.add(time, fields)
    if (found.length > 0) for (const run of watchers) run()
  }

  /** One after the other, so that no race is fetched twice. */
  const refresh = (): Promise<void> => (fetching = fetching.then(fetchAll))

  const fetchLater = (): void => {
    cancelFetch()
    if (ring.max() === 0) return
    const ms = watchers.size > 0 ? STREAM_INTERVAL_MS : IDLE_INTERVAL_MS
    cancelFetch = clock.after(ms, () => void refresh().then(fetchLater))
  }

  return {
    races: {
      ring,
      refresh,
      watch: run => {
        watchers.add(run)
        fetchLater()
        return () => void watchers.delete(run)
      },
    },
    status: async () => {
      const all = await Promise.all(running().map(({ ask }) => ask({ type: 'status' })))
      return sumStatus(all.filter(status => status !== null))
    },
    keepRaces: max => {
      ring.resize(max)
      fetchLater()
    },
    close: () => {
      ring.resize(0)
      cancelFetch()
    },
  }
}
