import { createLogOn } from '../../log/create-log.ts'
import { createOutput } from '../../log/output.ts'
import { createPretty } from '../../log/pretty.ts'
import type { Log, LogOptions } from '../../log/types.ts'

/** The log of all processes: one output, with whole lines only. */
type PrimaryLog = Log & {
  /** Writes one line of another process: JSON with its line break. */
  readonly relay: (line: string) => void
}

/**
 * Creates the log that joins the lines of all processes. The bound on lines that wait for a slow reader
 * applies to all of them together.
 */
export const createPrimaryLog = (
  options: LogOptions,
  { fd, isTerminal }: { readonly fd: number; readonly isTerminal: boolean },
): PrimaryLog => {
  const output = createOutput({
    fd,
    onDropped: lines => inner.event({ type: 'dropped', lines }),
  })
  const renderOf = ({ format }: LogOptions): ((line: string) => string) | undefined =>
    format === 'pretty' || (format === 'auto' && isTerminal) ? createPretty(isTerminal) : undefined
  let render = renderOf(options)
  const inner = createLogOn(options, { ...output, isTerminal, color: isTerminal })
  process.once('exit', output.flushSync)
  return {
    ...inner,
    relay: line => output.write(render ? render(line) : line),
    change: next => {
      inner.change(next)
      render = renderOf(next)
    },
  }
}

/** The text between the time and the other fields in each line that pino writes. */
const BEFORE = ',"event":'

/**
 * The log of one of several processes: JSON lines with the process id, sent to the primary, which writes
 * the lines of all processes. The primary reads quickly, so few lines wait here.
 *
 * @param fd descriptor that leads to the primary
 * @param pid process id of this worker
 */
export const createWorkerLog = (options: LogOptions, fd: number, pid: number): Log => {
  const field = `,"process":${pid}`
  const output = createOutput({
    fd,
    onDropped: lines => log.event({ type: 'dropped', lines }),
  })
  const write = (line: string): void => {
    const at = line.indexOf(BEFORE)
    output.write(line.slice(0, at) + field + line.slice(at))
  }
  // The primary decides the final format.
  const json = (asked: LogOptions): LogOptions => ({ ...asked, format: 'json' })
  const on = { ...output, write, isTerminal: false, color: false }
  const inner = createLogOn(json(options), on)
  const log: Log = { ...inner, change: next => inner.change(json(next)) }
  process.once('exit', log.flushSync)
  return log
}
