import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

/** The signals that a command gets as if it ran without eyeballd. */
export const PASSED_SIGNALS = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGCONT',
  'SIGTSTP',
] as const

export type PassedSignal = (typeof PASSED_SIGNALS)[number]

/** A process beside the command that reports the signals of their process group. */
export type SignalWitness = {
  /**
   * Whether a signal that this process has received went to the whole process group (Ctrl-C on a terminal,
   * `timeout`, systemd). Then the command has it already.
   */
  readonly hasSeen: (signal: PassedSignal) => Promise<boolean>
  /** A directory to remove should this process be killed. */
  readonly guard: (directory: string) => void
  readonly end: () => void
}

/**
 * Prints each signal's name, and a dot for each line that it reads. It ends with its standard input, and then
 * removes the directory that a line has named. `read` fails after a signal too, in dash with the status of
 * the end.
 */
const SCRIPT = [
  `for name in ${PASSED_SIGNALS.map(signal => signal.slice(3)).join(' ')}; do`,
  '  trap "hit=1; echo SIG$name" $name',
  'done',
  'while :; do',
  '  hit=',
  '  if read -r line; then',
  '    case $line in /*) directory=$line ;; esac',
  '    echo .',
  '  elif [ -z "$hit" ]; then break',
  '  fi',
  'done',
  '[ -z "$directory" ] || rm -rf "$directory"',
].join('\n')

/** A sender that signals process after process (systemd) may reach the witness this much later. */
const GRACE_MS = 30

/** A report this much older than a question is about an earlier signal: one whose sender was later than that. */
const FRESH_MS = 100

type Spawn = (program: string, words: readonly string[], options: SpawnOptions) => ChildProcess

/**
 * Starts the witness.
 *
 * @param now milliseconds, with any origin
 * @returns null if it cannot be started
 */
export const startSignalWitness = async (
  spawn: Spawn,
  graceMs = GRACE_MS,
  now: () => number = () => performance.now(),
): Promise<SignalWitness | null> => {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'eyeballd-run'], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const { stdin, stdout } = child
  /** When each signal was reported last. */
  const seenAt = new Map<string, number>()
  let waiting: (() => void)[] = []
  let gone = false
  let partial = ''

  const onGone = (): void => {
    gone = true
    for (const resolve of waiting) resolve()
    waiting = []
  }
  child.once('error', onGone)
  child.once('exit', onGone)
  stdin?.on('error', onGone)
  stdout?.on('data', (data: Buffer) => {
    const lines = (partial + data.toString('latin1')).split('\n')
    partial = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '.') waiting.shift()?.()
      else seenAt.set(line, now())
    }
  })

  const answer = (line: string): Promise<void> =>
    new Promise(resolve => {
      if (gone) return resolve()
      waiting.push(resolve)
      stdin?.write(`${line}\n`)
    })

  const isGone = (): boolean => gone

  // Its traps are set once it answers.
  await answer('?')
  if (isGone()) return null
  return {
    hasSeen: async signal => {
      const since = now() - FRESH_MS
      await sleep(graceMs)
      // The witness reports a signal that it has before it answers.
      await answer('?')
      const at = seenAt.get(signal)
      seenAt.delete(signal)
      return at !== undefined && at >= since
    },
    guard: directory => void answer(directory),
    end: () => stdin?.end(),
  }
}
