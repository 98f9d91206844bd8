import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { codeOf } from '../../core/fail.ts'
import type { SignalledCommand } from './pass-signals.ts'
import type { CommandEnd } from './types.ts'

export type SpawnedCommand = SignalledCommand & { readonly ended: Promise<CommandEnd> }

/** Whether a process is stopped; true where that is unknown. */
const isStopped = (pid: number): boolean => {
  if (process.platform !== 'linux') return true
  try {
    // proc(5): the state follows the name, which may hold anything, in parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
  } catch {
    return false
  }
}

/**
 * Starts a command in the process group of this process, with its standard streams.
 *
 * @param env `PATH` in it finds the command
 * @param onRefused called for each signal that the command, which runs as another user, does not get, with the
 *   system's code (EPERM, kill(2))
 */
export const spawnCommand = (
  [program = '', ...words]: readonly string[],
  env: NodeJS.ProcessEnv,
  onRefused: (signal: NodeJS.Signals, code: string | null) => void,
): SpawnedCommand => {
  let child: ChildProcess
  try {
    child = spawn(program, words, { env, stdio: 'inherit' })
  } catch (error) {
    // E2BIG, or an empty name.
    const end = { type: 'not-started', code: codeOf(error) } as const
    return { ended: Promise.resolve(end), kill: () => {}, isStopped: () => false }
  }
  let sent: NodeJS.Signals | undefined
  return {
    ended: new Promise(resolve => {
      child.on('error', error => {
        // An error after the start is one of kill(2), emitted before `kill` returns, and ends nothing.
        if (sent !== undefined) onRefused(sent, codeOf(error))
        else if (child.pid === undefined) resolve({ type: 'not-started', code: codeOf(error) })
      })
      child.once('exit', (status, signal) =>
        resolve(
          signal === null ? { type: 'exited', status: status ?? 0 } : { type: 'killed', signal },
        ),
      )
    }),
    kill: signal => {
      sent = signal
      child.kill(signal)
      sent = undefined
    },
    isStopped: () => child.pid !== undefined && isStopped(child.pid),
  }
}
