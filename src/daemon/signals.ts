/** The signals that a daemon handles: SIGTERM and SIGINT end it, SIGHUP reloads its configuration. */
export type DaemonSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP'

/** Calls `run` for each of these signals from now on. Returns a function that removes the listener. */
export type OnSignal = (run: (signal: DaemonSignal) => void) => () => void

/** Signals that are queued until a listener is added. */
export type Signals = {
  /** Calls `run` for each queued signal, then for each new one. Several queued SIGHUPs count as one. */
  readonly onSignal: OnSignal
  /** The queued signal that ends the daemon, if there is one. */
  readonly ending: () => DaemonSignal | undefined
}

export type CaughtSignals = Signals & {
  /** Resolves once the signals that the process has received are caught: Node delivers them in its event loop. */
  readonly settled: () => Promise<void>
  /** Restores the default action of the signals, also for queued ones: for commands that are no daemon. */
  readonly release: () => Promise<void>
  /**
   * Removes these listeners, and returns the queued signals: for who has added listeners of its own for the same
   * signals, so that there is a listener at each moment.
   */
  readonly take: () => readonly NodeJS.Signals[]
}

type Source = Pick<NodeJS.Process, 'on' | 'off' | 'exit' | 'kill' | 'pid' | 'env'>

/**
 * Under npm (`npm start`, `npx`) a Ctrl-C arrives twice: the terminal signals all of its processes, and npm
 * forwards the signal. The same signal within this time is ignored.
 */
const NPM_REPEAT_MS = 200

/** Exit status after a signal, as shells count it: 128 and the signal's number. */
const EXIT_STATUS: Readonly<Record<DaemonSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
}

/** One turn of the event loop delivers signals before its `setImmediate`: the second turn is a whole one. */
const settled = (): Promise<void> =>
  new Promise(resolve => void setImmediate(() => void setImmediate(resolve)))

const SIGNALS = Object.keys(EXIT_STATUS) as readonly DaemonSignal[]

/**
 * Catches the signals of a process from now on, so that none of them ends it by default. A second SIGTERM or
 * SIGINT before a listener is added ends the process at once, and so does one after it was removed.
 *
 * @param now milliseconds, with any origin
 * @param others signals that no daemon handles: they are only queued, for `take` and `release`
 */
export const catchSignals = (
  source: Source,
  now: () => number = () => performance.now(),
  others: readonly NodeJS.Signals[] = [],
): CaughtSignals => {
  const repeatMs = source.env['npm_lifecycle_event'] === undefined ? 0 : NPM_REPEAT_MS
  const lastAt = new Map<DaemonSignal, number>()
  const early = new Set<DaemonSignal>()
  const earlyOthers = new Set<NodeJS.Signals>()
  let listener: ((signal: DaemonSignal) => void) | undefined
  let isOver = false

  const ending = (): DaemonSignal | undefined => [...early].find(signal => signal !== 'SIGHUP')

  const isRepeated = (signal: DaemonSignal): boolean => {
    const at = now()
    if (at - (lastAt.get(signal) ?? -Infinity) < repeatMs) return true
    lastAt.set(signal, at)
    return false
  }

  const onSignal = (signal: DaemonSignal): void => {
    if (isRepeated(signal)) return
    if (listener) listener(signal)
    else if (signal === 'SIGHUP') early.add(signal)
    else if (isOver) source.exit()
    else if (ending()) source.exit(EXIT_STATUS[signal])
    else early.add(signal)
  }

  const caught: { signal: NodeJS.Signals; run: () => void }[] = [
    ...others.map(signal => ({ signal, run: (): void => void earlyOthers.add(signal) })),
    ...SIGNALS.map(signal => ({ signal, run: (): void => onSignal(signal) })),
  ]
  for (const { signal, run } of caught) source.on(signal, run)

  const take = (): readonly NodeJS.Signals[] => {
    for (const { signal, run } of caught) source.off(signal, run)
    return [...early, ...earlyOthers]
  }

  return {
    ending,
    onSignal: run => {
      listener = run
      for (const signal of early) run(signal)
      early.clear()
      return () => {
        listener = undefined
        isOver = true
      }
    },
    settled,
    release: async () => {
      await settled()
      for (const signal of take()) source.kill(source.pid, signal)
    },
    take,
  }
}
