import type { DaemonView, ProcessReport } from '../../admin/daemon-view.ts'
import type { KeptRace } from '../../admin/kept-race.ts'
import type { RaceRing } from '../../admin/race-ring.ts'
import { createRaceRing } from '../../admin/race-ring.ts'
import type { CancelTimer, Clock } from '../../core/clock.ts'
import type { Config } from '../../config/types.ts'
import type { Snapshot } from '../../metrics/snapshot.ts'
import { joinSnapshots } from '../../metrics/snapshot.ts'
import { HISTORY_MAX, joinDemoted } from '../demoted-paths.ts'
import { joinConnections } from '../shown-connections.ts'
import { readProcess } from '../process-values.ts'
import { racesKept } from '../process-view.ts'
import type { Answers, Question } from './questions.ts'
import type { WorkerControl } from './worker-control.ts'
import { createWorkerMetrics } from './worker-metrics.ts'

/** How often races are fetched while a stream is open. */
const STREAM_INTERVAL_MS = 250

/** How often races are fetched otherwise: those of a worker that dies in between are lost. */
const IDLE_INTERVAL_MS = 5000

const NO_WORKER = {
  ok: false,
  code: 'ERR_PROCESS_LOST',
  message: 'no worker process has run the race to its end',
} as const

/** A worker, as the endpoint asks it. */
type Asked = Pick<WorkerControl, 'ask' | 'metrics' | 'ended'>

type WorkersViewParts = {
  readonly clock: Pick<Clock, 'after'>
  /** The workers that serve. One that starts would not answer yet. */
  readonly serving: () => readonly Asked[]
  /** Lines that the primary's log has dropped. */
  readonly logDropped: () => number
}

/** The workers as the endpoint sees them. */
type WorkersView = DaemonView & {
  /** A worker has been started. */
  readonly add: (worker: Asked) => void
  /** A configuration is in force. */
  readonly change: (config: Pick<Config, 'admin' | 'listeners'>) => void
  readonly close: () => void
}

/**
 * What the endpoint of the primary shows. Each worker keeps its own races, and the primary fetches them when
 * somebody asks: so a race costs a worker next to nothing, and no slow primary can make it grow.
 */
export const createWorkersView = ({
  clock,
  serving,
  logDropped,
}: WorkersViewParts): WorkersView => {
  const ring: RaceRing<KeptRace> = createRaceRing()
  /** The number of the last race of each worker that the ring got. */
  const fetched = new WeakMap<Asked, number>()
  const watchers = new Set<() => void>()
  let cancelFetch: CancelTimer = () => {}
  let fetching: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null

  /** The answers of the workers that answer. */
  const askAll = async <Type extends Question['type']>(
    question: Extract<Question, { type: Type }>,
  ): Promise<Answers[Type][]> => {
    const answers = await Promise.all(serving().map(({ ask }) => ask<Type>(question)))
    return answers.filter(answer => answer !== null)
  }

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
    await Promise.all(serving().map(worker => fetchFrom(worker, found)))
    found.sort(([a], [b]) => a - b)
    for (const [time, fields] of found) ring.add(time, fields)
    if (found.length > 0) for (const run of watchers) run()
  }

  const fetchNext = (): Promise<void> => {
    next = null
    return fetchAll()
  }

  /**
   * One after the other, so that no race is fetched twice. All that wait share the next one: a worker that hangs
   * holds each up for as long as a question may take.
   */
  const refresh = (): Promise<void> => {
    next ??= fetching.then(fetchNext)
    fetching = next
    return next
  }

  const fetchLater = (): void => {
    cancelFetch()
    if (ring.max() === 0) return
    const ms = watchers.size > 0 ? STREAM_INTERVAL_MS : IDLE_INTERVAL_MS
    cancelFetch = clock.after(ms, () => void refresh().then(fetchLater))
  }

  const workerMetrics = createWorkerMetrics()
  let known: Omit<ProcessReport, 'metrics'> = { engine: 'stream', listeners: [] }

  /** A worker that does not answer in time counts with what it has last reported. */
  const report = async (): Promise<ProcessReport> => {
    const values = readProcess()
    const all = await Promise.all(serving().map(({ ask }) => ask({ type: 'report' })))
    // They have the same listeners.
    const first = all.find(answer => answer !== null)
    if (first) known = { engine: first.engine, listeners: first.listeners }
    const own: Snapshot = {
      ...(await values),
      eyeballd_log_dropped_total: new Map([['', logDropped()]]),
    }
    return { ...known, metrics: joinSnapshots([workerMetrics.read(), own]) }
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
    report,
    connections: async limit => {
      const all = await askAll({ type: 'connections', limit })
      return joinConnections(all, limit)
    },
    race: async (request, signal) => {
      const [worker] = serving()
      const result = await worker?.ask({ type: 'race', request }, signal)
      return result ?? NO_WORKER
    },
    history: async () => joinDemoted(await askAll({ type: 'history' }), HISTORY_MAX),
    add: workerMetrics.add,
    change: config => {
      workerMetrics.setListeners(config.listeners.map(({ name }) => name))
      ring.resize(racesKept(config))
      fetchLater()
    },
    close: () => {
      ring.resize(0)
      cancelFetch()
    },
  }
}
