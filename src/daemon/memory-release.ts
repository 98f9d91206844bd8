import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { CancelTimer, Clock } from '../core/clock.ts'

/** How long no connection may have come or been open before memory is released, in milliseconds. */
const QUIET_MS = 2000

/** A process that has grown by less keeps what it has, in bytes. */
const GROWTH_MIN_BYTES = 16 * 1024 * 1024

type Collect = (options?: {
  readonly type: 'major'
  readonly execution: 'sync'
  readonly flavor: 'last-resort'
}) => void

/** The V8 of Node 20 takes any option for a wish to collect the young generation alone. */
const TAKES_OPTIONS = Number(process.versions.node.split('.')[0]) >= 22

/**
 * V8's own full collection, as `node --expose-gc` has it. `last-resort` also shrinks the young generation,
 * which else keeps the size that it has grown to, up to 64 MiB.
 */
const createCollect = (): (() => void) => {
  // The flag holds for contexts that are made from now on.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as Collect
  return () => {
    if (TAKES_OPTIONS) collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    else collect()
  }
}

export type MemoryRelease = {
  /** A connection has come. */
  readonly used: () => void
  readonly stop: () => void
}

/**
 * Gives memory back to the system after a flood: V8 keeps a heap that has grown, as long as nothing is
 * allocated. A full collection takes some 10 to 30 ms, so it waits until nobody is connected.
 *
 * @param connections how many are open
 * @param residentBytes what the process occupies
 * @param collect by default V8's full collection
 */
export const createMemoryRelease = (
  clock: Pick<Clock, 'after'>,
  connections: () => number,
  residentBytes: () => number = () => process.memoryUsage.rss(),
  collect: () => void = createCollect(),
): MemoryRelease => {
  let leastBytes = residentBytes()
  let isQuiet = true
  let cancel: CancelTimer | undefined

  const look = (): void => {
    cancel = undefined
    if (!isQuiet || connections() > 0) {
      isQuiet = true
      cancel = clock.after(QUIET_MS, look)
      return
    }
    if (residentBytes() - leastBytes < GROWTH_MIN_BYTES) return
    collect()
    leastBytes = residentBytes()
  }

  return {
    used: () => {
      isQuiet = false
      cancel ??= clock.after(QUIET_MS, look)
    },
    stop: () => {
      cancel?.()
      cancel = undefined
    },
  }
}
