import type { Clock } from '../core/clock.ts'
import type { RecordMask } from '../log/record-mask.ts'
import { raceEntry } from './kept-race.ts'
import type { RaceFeed } from './race-feed.ts'

/** A comment after this time without a race shows to both ends, and to proxies, that the stream lives. */
export const HEARTBEAT_MS = 15_000

/** Time between two writes, so that a burst of races costs few of them. */
export const GATHER_MS = 100

/** Maximum number of races in one write. */
export const BATCH_MAX = 100

/** How long races are read for one write: masking one takes a millisecond. */
export const BATCH_MS = 10

type StreamParts = {
  readonly clock: Clock
  readonly feed: Pick<RaceFeed, 'ring' | 'watch'>
  readonly mask: () => RecordMask
  /** Aborted when the reader has left. */
  readonly signal: AbortSignal
  /** The number of the last race that the reader has. */
  readonly after: number
}

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), one for each race.
 * Nothing is queued for a reader: when it has taken a piece, the next one has what the ring still has. What
 * a slow reader misses by that is counted in an event `skipped`.
 */
export const streamRaces = async function* ({
  clock,
  feed: { ring, watch },
  mask,
  signal,
  after,
}: StreamParts): AsyncGenerator<string> {
  let wake = (): void => {}
  /** Resolves after a time, or earlier by `wake`. */
  const wait = (ms: number): Promise<void> =>
    new Promise(resolve => {
      const cancel = clock.after(ms, resolve)
      wake = () => {
        cancel()
        resolve()
      }
    })
  const onLeft = (): void => wake()
  signal.addEventListener('abort', onLeft)
  let isWaiting = false
  const stop = watch(() => {
    if (isWaiting) wake()
  })
  let last = after
  try {
    yield 'retry: 2000\n\n'
    while (!signal.aborted) {
      const batch = ring.after(last, BATCH_MAX)
      const [first] = batch
      if (first) {
        const missed = first.id - last - 1
        let text = missed > 0 ? `event: skipped\ndata: {"races":${missed}}\n\n` : ''
        const end = clock.now() + BATCH_MS
        for (const numbered of batch) {
          const entry = raceEntry(numbered, mask())
          text += `id: ${entry.id}\ndata: ${JSON.stringify(entry)}\n\n`
          last = entry.id
          if (clock.now() >= end) break
        }
        yield text
        await wait(GATHER_MS)
      } else {
        isWaiting = true
        await wait(HEARTBEAT_MS)
        isWaiting = false
        if (ring.lastId() === last) yield ':\n\n'
      }
    }
  } finally {
    signal.removeEventListener('abort', onLeft)
    stop()
    wake()
  }
}
