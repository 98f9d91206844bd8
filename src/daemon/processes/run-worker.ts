import type { Config } from '../../config/types.ts'
import { fail } from '../../core/fail.ts'
import type { DaemonEvent, Log, LogOptions } from '../../log/types.ts'
import { runDaemon } from '../run-daemon.ts'
import type { DaemonSignal } from '../signals.ts'
import type { CountedDaemon } from '../types.ts'
import type { SerializedError, ToWorker } from './messages.ts'
import { serializeError } from './messages.ts'
import { createOpenAnswers } from './open-answers.ts'
import type { WorkerChannel } from './worker-link.ts'
import { createSharedListen, createWorkerLink } from './worker-link.ts'
import { createWorkerLog } from './process-logs.ts'

/** Minimum time between two reports to the primary. */
const METRICS_INTERVAL_MS = 1000

/** A relay worker that has not answered for so long hangs, and could not be replaced. */
const STALLED_MAX_MS = 25_000

/** What a worker gets from its process. */
export type WorkerIo = {
  /** The file descriptor through which its log lines reach the primary. */
  readonly logFd: number
  readonly pid: number
}

const notApplied = (): Error =>
  fail(
    'ERR_NOT_APPLIED',
    'another process cannot apply the configuration, so this one keeps the previous one; the log says why',
  )

type Apply = Extract<ToWorker, { type: 'apply' }>

/**
 * Runs the daemon as one of several processes. The primary sends the commands that a single daemon gets
 * from signals and files, and logs this worker's events once for all workers. If the primary dies, the
 * worker drains and ends.
 *
 * @returns the exit status: 0 once it has drained, 1 if it could not start
 */
export const runWorker = async (channel: WorkerChannel, io: WorkerIo): Promise<number> => {
  const { send } = channel
  const link = createWorkerLink(send)
  const answers = createOpenAnswers((id, answer) => send({ type: 'answer', id, answer }))
  let config: Config | undefined
  let lenient = false
  let daemon: CountedDaemon | undefined
  /** True with the splice engine, which listens with SO_REUSEPORT. */
  let reusePort = false
  let stalledMs = (): number => 0
  let signalled: ((signal: DaemonSignal) => void) | undefined
  /** Signals that arrived before the daemon subscribed to them. */
  const early: DaemonSignal[] = []
  /** Events that the daemon emits while it applies a configuration; null at other times. */
  let events: DaemonEvent[] | null = []

  const deliver = (signal: DaemonSignal): void => {
    if (signalled) signalled(signal)
    else early.push(signal)
  }

  const applied = (error: SerializedError | null): void => {
    send({ type: 'applied', error, events: events ?? [], lost: daemon?.lost() ?? 0 })
    events = null
  }

  let metricsTimer: NodeJS.Timeout | undefined
  const sendMetrics = (): void => {
    clearTimeout(metricsTimer)
    metricsTimer = undefined
    if (daemon) send({ type: 'metrics', metrics: daemon.view.metrics() })
  }

  const createLog = (options: LogOptions): Log => {
    const log = createWorkerLog(options, io.logFd, io.pid)
    return {
      ...log,
      emit: event => {
        metricsTimer ??= setTimeout(sendMetrics, METRICS_INTERVAL_MS).unref()
        log.emit(event)
      },
      event: event => {
        if (event.type === 'engine') reusePort = event.engine === 'splice'
        if (event.type === 'reload') {
          applied(event.error === undefined ? null : { code: 'ERR_CONFIG', message: event.error })
        } else if (event.type === 'fatal') {
          applied({ code: event.code ?? 'ERR_BUG', message: event.message })
        } else if (event.type === 'draining') {
          sendMetrics()
          send({ type: 'draining' })
        } else if (event.type === 'stopped') sendMetrics()
        // A ban concerns this process alone; other events are logged once for all.
        else if (events && event.type !== 'banned') events.push(event)
        else log.event(event)
      },
    }
  }

  const first = await new Promise<Apply | null>(resolve => {
    channel.onEnd(() => {
      link.end()
      resolve(null)
      deliver('SIGTERM')
    })
    channel.onMessage(message => {
      link.take(message)
      if (message.type === 'apply') {
        ;({ config, lenient } = message)
        events = []
        if (daemon) deliver('SIGHUP')
        else resolve(message)
      } else if (message.type === 'drain' || message.type === 'end') {
        deliver('SIGTERM')
        // The primary ends this worker before it sent a configuration.
        resolve(null)
      } else if (message.type === 'count' && daemon) {
        // The primary replaces a process that does not answer.
        if (stalledMs() < STALLED_MAX_MS) send({ type: 'counted', metrics: daemon.view.metrics() })
      } else if (message.type === 'ask' && daemon) {
        answers.ask(daemon.view, message.id, message.question)
      } else if (message.type === 'leave') answers.leave(message.id)
    })
    send({ type: 'ready' })
  })
  if (!first) return 0

  const readConfig = (): Config => config ?? first.config
  return runDaemon(
    { load: readConfig, reload: readConfig },
    {
      logFd: io.logFd,
      isTerminal: false,
      signals: {
        ending: () => early.find(signal => signal !== 'SIGHUP'),
        onSignal: run => {
          signalled = run
          applied(null)
          for (const signal of early) run(signal)
          return () => {
            signalled = undefined
          }
        },
      },
      worker: {
        isLenient: () => lenient,
        agree: async error => {
          const isAgreed = await link.decide(error === undefined ? null : serializeError(error))
          return isAgreed ? undefined : (error ?? notApplied())
        },
        createLog,
        aroundListen: listen => (address, options) =>
          createSharedListen(link, listen, reusePort)(address, options),
        idSuffix: first.idSuffix,
        onAssembled: (made, { stalledMs: stalled }) => {
          stalledMs = stalled
          daemon = made
        },
      },
    },
  )
}
