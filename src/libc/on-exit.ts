const runs = new Set<() => void>()

const runAll = (): void => {
  for (const run of runs) run()
}

/**
 * Runs a function when the process ends: by `process.exit`, by an uncaught exception, or because its event
 * loop is empty. All functions share one `exit` listener.
 *
 * @param run must not throw, and cannot be asynchronous
 * @returns removes the function
 */
export const onExit = (run: () => void): (() => void) => {
  // The same function may be added twice; each addition is removed separately.
  const own = (): void => run()
  if (runs.size === 0) process.on('exit', runAll)
  runs.add(own)
  return () => {
    if (runs.delete(own) && runs.size === 0) process.off('exit', runAll)
  }
}
