/** Runs tasks, a few at once; the others wait their turn. */
export type BoundedQueue = {
  /** The task's result; undefined, at once, where too many wait already. It rejects as the task does. */
  readonly run: <T>(task: () => Promise<T>) => Promise<T> | undefined
}

/**
 * @param atOnce how many tasks run at the same time
 * @param waiting how many more may wait; beyond that tasks are refused, so that a flood costs no memory
 */
export const createBoundedQueue = (atOnce: number, waiting: number): BoundedQueue => {
  let running = 0
  const queue: (() => void)[] = []
  const next = (): void => {
    running--
    queue.shift()?.()
  }
  return {
    run: task => {
      if (running >= atOnce && queue.length >= waiting) return undefined
      return new Promise((resolve, reject) => {
        const start = (): void => {
          running++
          task().finally(next).then(resolve, reject)
        }
        if (running < atOnce) start()
        else queue.push(start)
      })
    },
  }
}
