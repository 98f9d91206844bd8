/** A terminal that a program has for itself. */
export type Terminal = {
  readonly size: () => { readonly columns: number; readonly rows: number }
  readonly write: (text: string) => void
  /** Stops the processes in front, as Ctrl-Z does where keys are not read one by one. */
  readonly suspend: () => void
  /** Gives the terminal back as it was. It does nothing when called again. */
  readonly close: () => void
}

export type TerminalEvents = {
  readonly input: (text: string) => void
  /** The size has changed, or others have written to the terminal meanwhile. */
  readonly changed: () => void
  /** The program is to end. */
  readonly signal: (signal: NodeJS.Signals) => void
}

/** The alternate screen, without the cursor (xterm's private modes 1049 and 25). */
const CLEAR = '\u001b[?25l\u001b[2J'
const ENTER = `\u001b[?1049h${CLEAR}`
const LEAVE = '\u001b[0m\u001b[?25h\u001b[?1049l'

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

const DEFAULT_SIZE = { columns: 80, rows: 24 }

/**
 * Takes the terminal of a process: its alternate screen, and its keys one by one. It is given back by
 * `close`, at the exit of the process, and while the process is stopped.
 *
 * @param process its standard output is a terminal; its standard input need not be one
 */
export const openTerminal = (process: NodeJS.Process, events: TerminalEvents): Terminal => {
  const { stdout, stdin } = process
  const hasKeys = stdin.isTTY
  let isOpen = true
  let isTaken = false

  const enter = (): void => {
    if (hasKeys) stdin.setRawMode(true)
    stdout.write(isTaken ? CLEAR : ENTER)
    isTaken = true
  }
  const leave = (): void => {
    isTaken = false
    stdout.write(LEAVE)
    if (hasKeys) stdin.setRawMode(false)
  }
  const onInput = (bytes: Buffer): void => events.input(bytes.toString())
  const onContinue = (): void => {
    enter()
    events.changed()
  }
  const onStop = (): void => {
    leave()
    // The default action, not SIGSTOP: the kernel does not stop a process that no shell could continue, such as the
    // command of `ssh -t` or `docker exec -t` (an orphaned process group; POSIX, Signal Concepts).
    process.off('SIGTSTP', onStop)
    process.kill(process.pid, 'SIGTSTP')
    process.on('SIGTSTP', onStop)
    onContinue()
  }
  const onEnding = (signal: NodeJS.Signals): void => events.signal(signal)

  enter()
  process.on('exit', leave)
  for (const signal of ENDING) process.on(signal, onEnding)
  process.on('SIGTSTP', onStop)
  process.on('SIGCONT', onContinue)
  stdout.on('resize', events.changed)
  if (hasKeys) stdin.on('data', onInput)

  return {
    size: () => ({
      columns: stdout.columns || DEFAULT_SIZE.columns,
      rows: stdout.rows || DEFAULT_SIZE.rows,
    }),
    write: text => void stdout.write(text),
    // 0: the process group, as the terminal would.
    suspend: () => void process.kill(0, 'SIGTSTP'),
    close: () => {
      if (!isOpen) return
      isOpen = false
      process.off('exit', leave)
      for (const signal of ENDING) process.off(signal, onEnding)
      process.off('SIGTSTP', onStop)
      process.off('SIGCONT', onContinue)
      stdout.off('resize', events.changed)
      stdin.off('data', onInput)
      leave()
      // A terminal that is read keeps the process alive.
      if (hasKeys) stdin.pause()
    },
  }
}
