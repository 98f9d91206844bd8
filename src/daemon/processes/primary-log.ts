import { createLogOn } from '../../log/create-log.ts'
import { createDestination } from '../../log/destination.ts'
import { createPretty } from '../../log/pretty.ts'
import type { Log, LogOptions } from '../../log/types.ts'

/** The log of several processes: one destination, where whole lines of all follow each other. */
export type PrimaryLog = Log & {
  /** Takes one line of another process: JSON with its line break. */
  readonly relay: (line: string) => void
}

/** The one log that the lines of all processes come together in. What may wait for a slow reader is bounded over all. */
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
