import { createLogOn } from '../../log/create-log.ts'
import { createDestination } from '../../log/destination.ts'
import type { Log, LogOptions } from '../../log/types.ts'

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
  const destination = createDestination({
    fd,
    onDropped: lines => log.event({ type: 'dropped', lines }),
  })
  const write = (line: string): void => {
    const at = line.indexOf(BEFORE)
    destination.write(line.slice(0, at) + field + line.slice(at))
  }
  // The primary decides the final format.
  const json = (asked: LogOptions): LogOptions => ({ ...asked, format: 'json' })
  const on = { ...destination, write, isTerminal: false, color: false }
  const inner = createLogOn(json(options), on)
  const log: Log = { ...inner, change: next => inner.change(json(next)) }
  process.once('exit', log.flushSync)
  return log
}
