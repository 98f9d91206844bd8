import { createLogOn } from '../../log/create-log.ts'
import { createDestination } from '../../log/destination.ts'
import { createPretty } from '../../log/pretty.ts'
import type { Log, LogOptions } from '../../log/types.ts'

/** The log of several processes: one destination, with whole lines only. */
export type PrimaryLog = Log & {
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
  const destination = createDestination({
    fd,
    onDropped: lines => inner.event({ type: 'dropped', lines }),
  })
  const renderOf = ({ format }: LogOptions): ((line: string) => string) | undefined =>
    format === 'pretty' || (format === 'auto' && isTerminal) ? createPretty(isTerminal) : undefined
  let render = renderOf(options)
  const inner = createLogOn(options, { ...destination, isTerminal, color: isTerminal })
  process.once('exit', destination.flushSync)
  return {
    ...inner,
    relay: line => destination.write(render ? render(line) : line),
    change: next => {
      inner.change(next)
      render = renderOf(next)
    },
  }
}
