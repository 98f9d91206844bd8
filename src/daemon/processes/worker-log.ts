import { createLogOn } from '../../log/create-log.ts'
import { createDestination } from '../../log/destination.ts'
import type { Log, LogOptions } from '../../log/types.ts'

/** Behind the time and before the rest, in each line that pino writes. */
const BEFORE = ',"event":'

/**
 * The log of one of several processes: JSON, each line with the process that it is of, to the primary,
 * which writes the lines of all. Its reader is quick, so little ever waits here.
 *
 * @param fd leads to the primary
 * @param pid the process's id
 */
export const createWorkerLog = (options: LogOptions, fd: number, pid: number): Log => {
  const field = `,"process":${pid}`
  const destination = createDestination({
    fd,
    onDropped: lines => log.event({ type: 'dropped', lines }),
  })
  const write = (line: string): void => {
    const at = line.indexOf(BEFORE)
    destination.write(line.slice(0, at) + field + line.slice(at))
  }
  // How the log looks in the end is the primary's to decide.
  const json = (asked: LogOptions): LogOptions => ({ ...asked, format: 'json' })
  const on = { ...destination, write, isTerminal: false, color: false }
  const inner = createLogOn(json(options), on)
  const log: Log = { ...inner, change: next => inner.change(json(next)) }
  process.once('exit', log.flushSync)
  return log
}
