import { setTimeout as sleep } from 'node:timers/promises'
import type { PassedSignal, SignalWitness } from './signal-witness.ts'
import { PASSED_SIGNALS } from './signal-witness.ts'

type Source = Pick<NodeJS.Process, 'on' | 'off' | 'kill' | 'pid'>

/** The command, as signals need it. */
export type SignalledCommand = {
  readonly kill: (signal: NodeJS.Signals) => void
  /** Whether it is stopped, as by Ctrl-Z. */
  readonly isStopped: () => boolean
}

export type SignalPass = {
  /** From now on, the command gets what it would get if it ran alone. */
  readonly to: (command: SignalledCommand) => void
  /** From now on, SIGINT, SIGTERM, SIGHUP and SIGQUIT call `run`; the others are ignored. */
  readonly callInstead: (run: () => void) => void
  /** Restores the default actions. */
  readonly release: () => void
}

const ENDING: ReadonlySet<PassedSignal> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])

/** How often and how long to look whether the command has stopped. */
const STOP_LOOK_MS = 20
const STOP_LOOKS = 50

/**
 * Passes the signals that this process receives to a command in the same process group, but for those that
 * the whole group got.
 *
 * @param witness null if there is none; then Ctrl-C and the like, which a terminal sends to the group, are
 *   not passed on
 */
export const passSignals = (source: Source, witness: SignalWitness | null): SignalPass => {
  let command: SignalledCommand | undefined
  let onEnding: (() => void) | undefined
  const busy = new Set<PassedSignal>()
  const handlers = new Map<PassedSignal, () => void>()

  const isShared = async (signal: PassedSignal): Promise<boolean> =>
    witness ? witness.hasSeen(signal) : FROM_TERMINAL.has(signal)

  /** Stops this process once the command has stopped: a shell that waits for it then takes over. */
  const stopToo = async (): Promise<void> => {
    for (let looks = 0; command?.isStopped() === false; looks++) {
      if (looks === STOP_LOOKS) return
      await sleep(STOP_LOOK_MS)
    }
    const handler = handlers.get('SIGTSTP')
    if (!handler || !command) return
    source.off('SIGTSTP', handler)
    source.kill(source.pid, 'SIGTSTP')
    // This process goes on here after a SIGCONT.
    source.on('SIGTSTP', handler)
  }

  const pass = async (signal: PassedSignal): Promise<void> => {
    if (!(await isShared(signal))) command?.kill(signal)
    if (signal === 'SIGTSTP') await stopToo()
    busy.delete(signal)
  }

  for (const signal of PASSED_SIGNALS) {
    const handler = (): void => {
      if (onEnding) {
        if (ENDING.has(signal)) onEnding()
        return
      }
      // The same signal again, before the first one has been passed on, counts as one, as for any process.
      if (busy.has(signal)) return
      busy.add(signal)
      void pass(signal)
    }
    handlers.set(signal, handler)
    source.on(signal, handler)
  }

  return {
    to: next => {
      command = next
    },
    callInstead: run => {
      command = undefined
      onEnding = run
    },
    release: () => {
      for (const [signal, handler] of handlers) source.off(signal, handler)
      handlers.clear()
    },
  }
}

/** The signals that a terminal sends to its foreground process group. */
const FROM_TERMINAL: ReadonlySet<PassedSignal> = new Set([
  'SIGINT',
  'SIGQUIT',
  'SIGWINCH',
  'SIGTSTP',
  'SIGCONT',
])
