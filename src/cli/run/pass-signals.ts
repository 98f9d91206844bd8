import { setTimeout as sleep } from 'node:timers/promises'
import type { CaughtSignals } from '../../daemon/signals.ts'
import type { PassedSignal, SignalWitness } from './signal-witness.ts'
import { PASSED_SIGNALS } from './signal-witness.ts'

type Source = Pick<NodeJS.Process, 'on' | 'once' | 'off' | 'kill' | 'pid' | 'platform'>

type Caught = Pick<CaughtSignals, 'settled' | 'take'>

/** The command, as signals need it. */
export type SignalledCommand = {
  readonly kill: (signal: NodeJS.Signals) => void
  /** Whether it is stopped, as by Ctrl-Z. */
  readonly isStopped: () => boolean
}

export type SignalPass = {
  /**
   * Starts the command, which from then on gets what it would get if it ran alone; unless a signal has come
   * before that would have ended it. Resolves to that signal, or to the command.
   *
   * @param witness null if there is none; then Ctrl-C and the like, which a terminal sends to the group, are
   *   not passed on
   */
  readonly start: <Command extends SignalledCommand>(
    command: () => Command,
    witness: Pick<SignalWitness, 'hasSeen'> | null,
  ) => Promise<Command | PassedSignal>
  /** From now on, SIGINT, SIGTERM, SIGHUP and SIGQUIT call `run`; the others are ignored. */
  readonly callInstead: (run: () => void) => void
  /** Restores the default actions. */
  readonly release: () => void
}

const ENDING: ReadonlySet<PassedSignal> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])

/** The signals whose default action ends a process. */
const DEADLY: ReadonlySet<PassedSignal> = new Set([...ENDING, 'SIGUSR1', 'SIGUSR2'] as const)

/** A signal that nobody sends to a process without sockets of its own, and that is ignored by default. */
const MARKER = 'SIGURG'

/** How often and how long to look whether the command has stopped. */
const STOP_LOOK_MS = 20
const STOP_LOOKS = 50

/**
 * Passes the signals that this process receives to a command in the same process group, but for those that
 * the whole group got.
 *
 * @param caught the signals that were caught before, which this takes over
 */
export const passSignals = (source: Source, caught: Caught): SignalPass => {
  let witness: Pick<SignalWitness, 'hasSeen'> | null = null
  let command: SignalledCommand | undefined
  /** A signal that came before the command, and that ends this process. */
  let fatal: PassedSignal | undefined
  /** Whether a signal may have come before the command was there: then the group's did not reach it. */
  let isNew = true
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
    if (command) actByDefault('SIGTSTP')
  }

  /** As if this process did not handle the signal. */
  const actByDefault = (signal: PassedSignal): void => {
    const handler = handlers.get(signal)
    if (!handler) return
    source.off(signal, handler)
    source.kill(source.pid, signal)
    // A stopped process goes on here after a SIGCONT.
    source.on(signal, handler)
  }

  const pass = async (signal: PassedSignal): Promise<void> => {
    const wasNew = isNew
    if (!(await isShared(signal)) || wasNew) command?.kill(signal)
    if (signal === 'SIGTSTP') await stopToo()
    busy.delete(signal)
  }

  const onMarker = (): void => {
    isNew = false
  }

  /**
   * Node delivers signals in its event loop, later than they were received, but in their order: those that it
   * delivers after this one were received after it.
   */
  const mark = (): void => {
    // Windows has no signals to send.
    if (source.platform === 'win32') return onMarker()
    source.once(MARKER, onMarker)
    source.kill(source.pid, MARKER)
  }

  const beforeCommand = (signal: PassedSignal): void => {
    if (signal === 'SIGTSTP') actByDefault(signal)
    if (!DEADLY.has(signal)) return
    // A second signal does not wait until what was begun is put away.
    if (fatal) actByDefault(signal)
    fatal ??= signal
  }

  for (const signal of PASSED_SIGNALS) {
    const handler = (): void => {
      if (onEnding) {
        if (ENDING.has(signal)) onEnding()
        return
      }
      if (!command) {
        beforeCommand(signal)
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
  const taken = caught.take()
  fatal = PASSED_SIGNALS.find(signal => taken.includes(signal))

  return {
    start: async (run, nextWitness) => {
      witness = nextWitness
      await caught.settled()
      if (fatal) return fatal
      const started = run()
      command = started
      mark()
      return started
    },
    callInstead: run => {
      command = undefined
      onEnding = run
    },
    release: () => {
      for (const [signal, handler] of handlers) source.off(signal, handler)
      handlers.clear()
      source.off(MARKER, onMarker)
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
