const runs = new Set<() => void>()

const runAll = (): void => {
  for (const run of runs) run()
}

/**
 * Has something done when the process ends: by `process.exit`, by an exception that nobody caught, or
 * because nothing is left to do. However many there are, the process has one listener of ours.
 *
 * @param run must not throw and cannot wait
 * @returns takes it back
 */
export const onExit = (run: () => void): (() => void) => {
  // The same function may come twice, and each is taken back by itself.
  const own = (): void => run()
  if (runs.size === 0) process.on('exit', runAll)
  runs.add(own)
  return () => {
    if (runs.delete(own) && runs.size === 0) process.off('exit', runAll)
  }
}
