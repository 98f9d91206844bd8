/** The signals that a daemon answers. SIGTERM and SIGINT end it, SIGHUP makes it read its configuration again. */
export type DaemonSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP'

/** Calls `run` for each of these signals from now on, and returns what ends that. */
export type OnSignal = (run: (signal: DaemonSignal) => void) => () => void

/** Signals that are remembered until somebody listens. */
export type Signals = {
  /** Calls `run` for each signal, those first that came before: SIGHUP once, however often it came. */
  readonly onSignal: OnSignal
  /** The signal that is to end the daemon, where one came before anybody listened. */
  readonly ending: () => DaemonSignal | undefined
}

export type CaughtSignals = Signals & {
  /** Resolves when signals that have reached the process by now have been caught: the runtime delivers them by its event loop. */
  readonly settled: () => Promise<void>
  /** Gives the signals their default action back, also those that have come: for what is no daemon. */
  readonly release: () => Promise<void>
}

type Source = Pick<NodeJS.Process, 'on' | 'off' | 'exit' | 'kill' | 'pid' | 'env'>

/**
 * Under npm (`npm start`, `npx`) a Ctrl-C arrives twice: the terminal signals all of its processes, and npm
 * passes the signal on. The same one again, so soon, is no second one.
 */
const NPM_REPEAT_MS = 200

/** Exit status after a signal, as shells count it: 128 and the signal's number. */
const EXIT_STATUS: Readonly<Record<DaemonSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
}

const settled = (): Promise<void> => new Promise(resolve => void setImmediate(resolve))

const SIGNALS = Object.keys(EXIT_STATUS) as readonly DaemonSignal[]

/**
 * Catches the signals of a process, from the call on: none of them ends it by itself any more. A second
 * SIGTERM or SIGINT that comes before anybody listens ends the process at once, and so does one that comes
 * when nobody listens any more.
 *
 * @param now milliseconds, from any start
 */
export const catchSignals = (
  source: Source,
  now: () => number = () => performance.now(),
): CaughtSignals => {
  const repeatMs = source.env['npm_lifecycle_event'] === undefined ? 0 : NPM_REPEAT_MS
  const lastAt = new Map<DaemonSignal, number>()
  const early = new Set<DaemonSignal>()
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

  const caught = SIGNALS.map(signal => ({ signal, run: (): void => onSignal(signal) }))
  for (const { signal, run } of caught) source.on(signal, run)

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
      for (const { signal, run } of caught) source.off(signal, run)
      for (const signal of early) source.kill(source.pid, signal)
    },
  }
}
