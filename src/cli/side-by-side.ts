/** What a run reports as it goes; for a progress line. */
export type OnStep = (step: {
  /** Names of those that have begun and not ended, in the order in which they began. */
  readonly running: readonly string[]
  readonly done: number
}) => void

/**
 * Runs something for each item, several at a time, and emits the results in the order of the items, each as
 * soon as all before it are there.
 *
 * @param atOnce the most that run at a time, 1 or more
 * @param isWanted false once nobody reads the results: nothing is begun from then on
 * @returns rejects with the first failure; nothing is begun or emitted after it
 */
export const runSideBySide = async <T, R>(
  items: readonly T[],
  {
    atOnce,
    isWanted,
    run,
    emit,
    nameOf,
    onStep,
  }: {
    readonly atOnce: number
    readonly isWanted: () => boolean
    readonly run: (item: T) => Promise<R>
    readonly emit: (result: R, item: T) => void
    readonly nameOf: (item: T) => string
    readonly onStep: OnStep
  },
): Promise<void> => {
  const results = new Map<number, R>()
  const running = new Set<number>()
  let begun = 0
  let done = 0
  let emitted = 0
  let hasFailed = false
  const isOver = (): boolean => hasFailed || !isWanted()

  const step = (): void => {
    onStep({ running: [...running].map(i => nameOf(items[i] as T)), done })
  }

  const emitReady = (): void => {
    while (results.has(emitted)) {
      const result = results.get(emitted) as R
      results.delete(emitted)
      emit(result, items[emitted++] as T)
    }
  }

  const runner = async (): Promise<void> => {
    while (begun < items.length && !isOver()) {
      const i = begun++
      running.add(i)
      step()
      try {
        results.set(i, await run(items[i] as T))
      } catch (error) {
        hasFailed = true
        throw error
      }
      if (hasFailed) return
      running.delete(i)
      done++
      emitReady()
      step()
    }
  }

  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, runner))
}
