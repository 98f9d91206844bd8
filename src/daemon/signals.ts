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
  /** Gives the signals their default action back, also those that have come: for what is no daemon. */
  readonly release: () => void
}

type Source = Pick<NodeJS.Process, 'on' | 'off' | 'exit' | 'kill' | 'pid'>

/** Exit status after a signal, as shells count it: 128 and the signal's number. */
const EXIT_STATUS: Readonly<Record<DaemonSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
}

const SIGNALS = Object.keys(EXIT_STATUS) as readonly DaemonSignal[]

/**
 * Catches the signals of a process, from the call on: none of them ends it by itself any more. A second
 * SIGTERM or SIGINT that comes before anybody listens ends the process at once, and so does one that comes
 * when nobody listens any more.
 */
export const catchSignals = (source: Source): CaughtSignals => {
  const early = new Set<DaemonSignal>()
  let listener: ((signal: DaemonSignal) => void) | undefined
  let isOver = false

  const ending = (): DaemonSignal | undefined => [...early].find(signal => signal !== 'SIGHUP')

  const onSignal = (signal: DaemonSignal): void => {
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
    release: () => {
      for (const { signal, run } of caught) source.off(signal, run)
      for (const signal of early) source.kill(source.pid, signal)
    },
  }
}
