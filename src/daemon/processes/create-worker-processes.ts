import type { Config } from '../../config/types.ts'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'
import type { DaemonEvent } from '../../log/types.ts'
import type { ViewedDaemon } from '../types.ts'
import { totalOf } from '../../metrics/snapshot.ts'
import type { WorkerControl } from './worker-control.ts'
import { createWorkerControl } from './worker-control.ts'
import type { Prepared, SerializedError } from './messages.ts'
import { deserializeError } from './messages.ts'
import type { Reservations } from './reservations.ts'
import { createRestarts } from './restarts.ts'
import type { StartWorkerProcess } from './start-worker-process.ts'
import { configShare, createRealPorts } from './worker-config.ts'
import { joinEvents } from './join-events.ts'
import { createWorkersView } from './workers-view.ts'

type WorkerProcessesParts = {
  /** Number of processes, 1 or more. */
  readonly processes: number
  readonly start: StartWorkerProcess
  readonly reservations: Reservations
  /** Whether workers listen on TCP ports by SO_REUSEPORT. */
  readonly reusePort: boolean
  readonly clock: Clock
  readonly onEvent: (event: DaemonEvent) => void
  /** A line of a worker's log, with its line break. */
  readonly onLine: (line: string) => void
  /** Lines that this process's log has dropped; 0 by default. */
  readonly logDropped?: () => number
}

/** Open connections of a worker, as it last reported them. */
const connectionsOf = (worker: WorkerControl): number =>
  totalOf(worker.metrics(), 'eyeballd_connections_active')

/** How often the primary asks each worker for its metrics: one that hangs does not answer, and is replaced. */
export const ASK_INTERVAL_MS = 10_000

/** How often a start is repeated after a terminal's SIGHUP ended workers. */
const HANG_UPS_MAX = 3

/**
 * The error to report when workers failed differently: a worker that reports EADDRINUSE may only be blocked
 * by another worker that kept its address.
 */
const reportedError = (prepared: readonly Prepared[]): SerializedError | undefined => {
  const errors = prepared.flatMap(({ error }) => error ?? [])
  return errors.find(({ code }) => code !== 'EADDRINUSE') ?? errors[0]
}

/**
 * Runs worker processes as one daemon: each worker gets every command, and the events of all are logged once.
 * All workers prepare a configuration; it takes effect only if all of them can apply it, else all return to
 * the previous one. A lost worker is replaced, with exponential backoff.
 */
export const createWorkerProcesses = (parts: WorkerProcessesParts): ViewedDaemon => {
  const { processes, reservations, clock, onEvent, onLine, logDropped = () => 0 } = parts
  const ports = createRealPorts(address => reservations.resolve(address, parts.reusePort))
  const workers: (WorkerControl | undefined)[] = Array.from({ length: processes }, () => undefined)
  /** The workers that have applied a configuration. */
  const serving = new Set<WorkerControl>()
  /** Why the primary ended a worker that had started. */
  const failures = new Map<WorkerControl, string>()
  /** The configuration that all workers have applied, with the real ports. */
  let current: Config | undefined
  let started = 0
  let phase: 'starting' | 'serving' | 'ending' = 'starting'
  let lastEnd = ''
  let lost = 0
  let cancelAsking = (): void => {}
  /** Configuration changes run one after the other. */
  let changes: Promise<unknown> = Promise.resolve()
  /** A replacement and a configuration change wait for each other, so the two never overlap. */
  const restarts = createRestarts({
    processes,
    clock,
    ready: () => changes,
    replace: index => replace(index),
  })

  const inTurn = (run: () => Promise<void>): Promise<void> => {
    const result = changes.then(restarts.settled).then(run)
    changes = result.catch(() => {})
    return result
  }

  const running = (): WorkerControl[] =>
    workers.filter(worker => worker?.ended() === null) as WorkerControl[]

  const servingNow = (): WorkerControl[] => running().filter(worker => serving.has(worker))

  const view = createWorkersView({ clock, serving: servingNow, logDropped })

  const start = (index: number): WorkerControl => {
    const process = parts.start()
    const worker = createWorkerControl({ number: ++started, process, reservations, clock, onLine })
    workers[index] = worker
    view.add(worker)
    void watch(index, worker)
    return worker
  }

  const watch = async (index: number, worker: WorkerControl): Promise<void> => {
    const began = clock.now()
    const how = await worker.gone
    serving.delete(worker)
    lastEnd = how
    // During the start, `start` handles workers that end before all serve.
    if (phase === 'starting' || workers[index] !== worker) return
    workers[index] = undefined
    if (phase === 'serving') lose(index, worker, how, clock.now() - began)
  }

  const askInTurn = (): void => {
    cancelAsking = clock.after(ASK_INTERVAL_MS, () => {
      for (const worker of serving) void worker.count()
      askInTurn()
    })
  }

  const beginServing = (): void => {
    phase = 'serving'
    askInTurn()
    for (const [index, worker] of workers.entries()) {
      const how = worker?.ended() ?? null
      if (!worker || how === null) continue
      workers[index] = undefined
      lose(index, worker, how, 0)
    }
  }

  const lose = (index: number, worker: WorkerControl, how: string, livedMs: number): void => {
    onEvent({
      type: 'process-lost',
      process: worker.pid,
      reason: failures.get(worker) ?? how,
      connections: connectionsOf(worker),
      restartMs: restarts.schedule(index, livedMs),
    })
    failures.delete(worker)
  }

  const replace = async (index: number): Promise<void> => {
    if (!current || phase === 'ending') return
    const worker = start(index)
    // `lenient`: an address that the other workers have lost must not keep this one from serving the others.
    const prepared = await worker.prepare(configShare(current, { index, processes }), lost > 0)
    const error = prepared?.error ?? null
    if (error) failures.set(worker, error.message)
    const applied = await worker.decide(error === null)
    if (applied?.error) {
      failures.set(worker, applied.error.message)
      worker.kill()
    } else if (applied) {
      serving.add(worker)
      onEvent({ type: 'process-started', process: worker.pid })
    }
  }

  /** The answers of all live workers. */
  const askAll = async <T>(ask: (worker: WorkerControl, index: number) => Promise<T | null>) => {
    const answers = workers.flatMap((worker, index) => (worker ? [ask(worker, index)] : []))
    return (await Promise.all(answers)).filter(answer => answer !== null)
  }

  const prepareAll = async (config: Config, lenient: boolean): Promise<Prepared[]> => {
    const prepare = (worker: WorkerControl, index: number) =>
      worker.prepare(configShare(config, { index, processes }), lenient)
    const answers = await askAll(prepare)
    if (phase !== 'starting') return answers
    // A closing terminal sends SIGHUP to all processes, and a worker that has just started does not catch it
    // yet.
    for (let tries = 0; tries < HANG_UPS_MAX; tries++) {
      const hungUp = [...workers.keys()].filter(index => workers[index]?.ended() === 'SIGHUP')
      const again = await Promise.all(hungUp.map(index => prepare(start(index), index)))
      answers.push(...again.filter(answer => answer !== null))
    }
    return answers
  }

  const change = async (config: Config, lenient: boolean): Promise<void> => {
    const real = await ports.resolve(config)
    if (phase === 'starting') for (const index of workers.keys()) start(index)
    const asked = running().length
    const prepared = await prepareAll(real, lenient)
    const error = reportedError(prepared)
    if (phase === 'starting') {
      if (error) throw deserializeError(error)
      if (running().length < processes)
        throw fail(
          'ERR_PROCESS_LOST',
          `a worker process ended before it could serve (${lastEnd}): expected ${processes} worker processes; its standard error says why`,
        )
    }
    if (asked > 0 && prepared.length === 0)
      throw fail(
        'ERR_PROCESS_LOST',
        `every worker process ended while it prepared the configuration (${lastEnd}): expected at least one to apply it; its standard error says why`,
      )
    const answers = await askAll(worker => worker.decide(!error))
    if (answers.length > 0) lost = Math.max(...answers.map(answer => answer.lost))
    if (!error) {
      current = real
      ports.keep()
      view.change(real)
      for (const worker of running()) serving.add(worker)
      if (phase === 'starting') beginServing()
    }
    reservations.prune()
    for (const event of joinEvents(answers.map(({ events }) => events))) onEvent(event)
    if (error) throw deserializeError(error)
  }

  return {
    apply: (config, { lenient = false } = {}) => inTurn(() => change(config, lenient)),
    lost: () => lost,
    processes: () => servingNow().length,
    view,
    stopAccepting: async () => {
      phase = 'ending'
      restarts.cancel()
      reservations.leave()
      await Promise.all(running().map(worker => worker.drain()))
    },
    idle: async () => {
      await Promise.all(running().map(worker => worker.gone))
      cancelAsking()
    },
    endConnections: () => {
      for (const worker of running()) worker.end()
    },
    connections: () => running().reduce((sum, worker) => sum + connectionsOf(worker), 0),
    close: () => {
      phase = 'ending'
      view.close()
      cancelAsking()
      for (const worker of running()) worker.kill()
      reservations.close()
    },
  }
}
