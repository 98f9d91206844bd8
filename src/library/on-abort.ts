type Waiting = { readonly runs: Set<() => void>; readonly onAbort: () => void }

const waiting = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls `run` once when a signal aborts. All calls for one signal share one listener: Node warns of a leak
 * if a signal has more than ten, and a signal that ends all races of a program needs many.
 *
 * @param signal not aborted yet
 * @returns removes `run`; removing the last one also removes the signal's listener
 */
export const onAbort = (signal: AbortSignal, run: () => void): (() => void) => {
  let shared = waiting.get(signal)
  if (!shared) {
    const runs = new Set<() => void>()
    const onEvent = (): void => {
      waiting.delete(signal)
      for (const each of runs) each()
    }
    shared = { runs, onAbort: onEvent }
    waiting.set(signal, shared)
    signal.addEventListener('abort', onEvent, { once: true })
  }
  const { runs, onAbort: listener } = shared
  // A new function for each call, because two calls may pass the same `run`.
  const own = (): void => run()
  runs.add(own)
  return () => {
    runs.delete(own)
    if (runs.size > 0 || waiting.get(signal)?.runs !== runs) return
    waiting.delete(signal)
    signal.removeEventListener('abort', listener)
  }
}
