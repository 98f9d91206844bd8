import { fail } from '../core/fail.ts'
import { ignoreErrors } from '../core/stream-socket.ts'
import type { Arguments, Output } from './types.ts'

/** Success. */
export const EXIT_DONE = 0
/** The command failed: nothing connected, or a port is in use. */
export const EXIT_FAILED = 1
/** The arguments or the configuration are wrong, and nothing was started. */
export const EXIT_WRONG = 2

/**
 * A text among the arguments; undefined if it was not given.
 *
 * @throws ERR_CONFIG if it is empty: most likely a shell variable that was not set
 */
export const textOf = (args: Arguments, name: string, flag = `--${name}`): string | undefined => {
  const value = args[name]
  if (value === '')
    throw fail('ERR_CONFIG', `${flag}: found ""; allowed: a value that is not empty`)
  return typeof value === 'string' ? value : undefined
}

/** A list among the arguments; undefined if it was not given. */
export const listOf = (args: Arguments, name: string): readonly string[] | undefined => {
  const value = args[name]
  return Array.isArray(value) ? (value as readonly string[]) : undefined
}

/** A switch among the arguments; undefined if it was not given. */
export const switchOf = (args: Arguments, name: string): boolean | undefined => {
  const value = args[name]
  return typeof value === 'boolean' ? value : undefined
}

/** Whether text has colours: on a terminal that has them, unless NO_COLOR is set (https://no-color.org). */
export const usesColour = (
  { isTTY }: Pick<Output, 'isTTY'>,
  { NO_COLOR, TERM }: Readonly<Record<string, string | undefined>>,
): boolean => isTTY && (NO_COLOR ?? '') === '' && TERM !== 'dumb'

/** A stream of the process as a destination for text. */
export const outputOf = (stream: NodeJS.WriteStream): Output => {
  // The reader may close the pipe early, as `head` does; the remaining output is discarded.
  ignoreErrors(stream)
  return {
    write: text => void stream.write(text),
    isTTY: stream.isTTY,
    // A terminal whose size was never set has 0.
    columns: stream.isTTY ? stream.columns || undefined : undefined,
    isOpen: () => stream.writable,
  }
}
