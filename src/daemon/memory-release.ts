import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { CancelTimer, Clock } from '../core/clock.ts'
import { residentBytes as readResidentBytes } from '../net/host/resident-bytes.ts'

/** Memory is released after this time without connections, in milliseconds. */
const QUIET_MS = 2000

/** Minimum growth of the process for a release, in bytes. */
const GROWTH_MIN_BYTES = 16 * 1024 * 1024

type Collect = (options?: {
  readonly type: 'major'
  readonly execution: 'sync'
  readonly flavor: 'last-resort'
}) => void

/** Node 20's V8 collects only the young generation if it gets any option. */
const TAKES_OPTIONS = Number(process.versions.node.split('.')[0]) >= 22

/**
 * V8's own full collection, as with `node --expose-gc`. `last-resort` also shrinks the young generation,
 * which otherwise keeps the size that it has grown to, up to 64 MiB.
 */
const createCollect = (): (() => void) => {
  // The flag applies to contexts that are created while it is set.
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as Collect
  setFlagsFromString('--no-expose-gc')
  return () => {
    if (TAKES_OPTIONS) collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    else collect()
  }
}

export type MemoryRelease = {
  /** Called for each accepted connection. */
  readonly used: () => void
  readonly stop: () => void
}

export type MemoryReleaseParts = {
  readonly clock: Pick<Clock, 'after'>
  /** Open connections. */
  readonly connections: () => number
  /** Resolves when no connection is open. */
  readonly idle: () => Promise<void>
  /** The resident set size of the process; null if unknown: then nothing is released. */
  readonly residentBytes?: () => number | null
  /** V8's full collection by default. */
  readonly collect?: () => void
}

/**
 * Returns memory to the system after a flood of connections, because V8 does not shrink its heap while
 * nothing is allocated. A full collection takes some 10 to 30 ms, so it waits until no connection is open.
 */
export const createMemoryRelease = ({
  clock,
  connections,
  idle,
  residentBytes = readResidentBytes,
  collect = createCollect(),
}: MemoryReleaseParts): MemoryRelease => {
  let leastBytes = residentBytes()
  let isQuiet = true
  let isOver = false
  let isWaiting = false
  let cancel: CancelTimer | undefined

  const arm = (): void => {
    if (!isOver && !isWaiting) cancel ??= clock.after(QUIET_MS, look)
  }

  /** An open connection may be idle for days: no timer runs meanwhile. */
  const waitForEnd = async (): Promise<void> => {
    isWaiting = true
    await idle()
    isWaiting = false
    arm()
  }

  const look = (): void => {
    cancel = undefined
    if (connections() > 0) return void waitForEnd()
    if (!isQuiet) {
      isQuiet = true
      return arm()
    }
    const bytes = residentBytes()
    if (bytes === null) return
    leastBytes = Math.min(leastBytes ?? bytes, bytes)
    if (bytes - leastBytes < GROWTH_MIN_BYTES) return
    collect()
    leastBytes = residentBytes()
  }

  return {
    used: () => {
      isQuiet = false
      arm()
    },
    stop: () => {
      isOver = true
      cancel?.()
      cancel = undefined
    },
  }
}
