import { spawn } from 'node:child_process'
import { exitOf, own } from '../../test/fixtures/children.ts'
import type { Measured, Task } from './types.ts'

/** curl's exit status for its own time limits. */
const OPERATION_TIMEDOUT = 28

/**
 * Runs curl once, as a process of its own, and takes its own word for the time (`-w`): from the
 * beginning of its work, lookup included, until the connection is there or the first byte has come.
 *
 * @param wrap a command that curl's is put behind
 * @param more options, as for a proxy
 */
export const runCurl = async (
  { kind, host, port, boundMs }: Task,
  wrap: readonly string[],
  more: readonly string[] = [],
): Promise<Measured> => {
  const [scheme, variable] =
    kind === 'connect' ? ['http', 'time_connect'] : ['https', 'time_starttransfer']
  const bound = String(boundMs / 1000)
  const options = ['--disable', '--silent', '--insecure', '--output', '/dev/null']
  const limits = ['--connect-timeout', bound, '--max-time', bound]
  const rest = ['--write-out', `%{${variable}}`, ...more, `${scheme}://${host}:${port}/`]
  const [program = '', ...args] = [...wrap, 'curl', ...options, ...limits, ...rest]
  // No variable that names a proxy.
  const env = { PATH: process.env['PATH'] }
  const child = own(spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env }))
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const { code } = await exitOf(child)
  if (code === 0) return { ms: Number(said) * 1000 }
  return { failure: code === OPERATION_TIMEDOUT ? 'late' : `exit status ${code}` }
}
