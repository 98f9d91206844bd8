/** The signals that a daemon answers. SIGTERM and SIGINT end it, SIGHUP makes it read its configuration again. */
export type DaemonSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP'

/** Calls `run` for each of these signals from now on, and returns what ends that. */
export type OnSignal = (run: (signal: DaemonSignal) => void) => () => void

const SIGNALS: readonly DaemonSignal[] = ['SIGTERM', 'SIGINT', 'SIGHUP']

/** The signals of a process. While somebody listens, they do not end it by themselves. */
export const signalsOf =
  (source: Pick<NodeJS.Process, 'on' | 'off'>): OnSignal =>
  run => {
    const listeners = SIGNALS.map(signal => ({ signal, listener: (): void => run(signal) }))
    for (const { signal, listener } of listeners) source.on(signal, listener)
    return () => {
      for (const { signal, listener } of listeners) source.off(signal, listener)
    }
  }
