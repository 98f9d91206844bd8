import type { CancelTimer, Clock } from '../core/clock.ts'

/**
 * How many questions are on their way to one server at a time. Those of a burst wait in its socket
 * for it to read them, and what finds no room there is lost: by default Linux has room for some 200.
 */
export const QUESTIONS_ON_THE_WAY_MAX = 64

/**
 * A question counts as on its way until it is answered, and no longer than this: then the server has
 * read it and works on it, or is dead, and neither must hold up the others.
 */
export const ON_THE_WAY_MAX_MS = 20

/** Keeps bursts of questions from overflowing a server. */
export type Pace = {
  /**
   * Calls `send` once, before `enter` returns where there is room, else as soon as there is.
   *
   * @returns to be called when the question is answered or nobody wants it any longer: it leaves its
   *   place, or is not sent at all
   */
  readonly enter: (server: string, send: () => void) => () => void
}

type Place = { readonly send: () => void; sentAt: number }

type Queue = {
  /** On their way, the oldest first. */
  readonly sent: Set<Place>
  readonly waiting: Set<Place>
  cancelTimer: CancelTimer | undefined
}

export const createPace = (clock: Clock, max = QUESTIONS_ON_THE_WAY_MAX): Pace => {
  const queues = new Map<string, Queue>()

  const queueOf = (server: string): Queue => {
    let queue = queues.get(server)
    if (!queue) {
      queue = { sent: new Set(), waiting: new Set(), cancelTimer: undefined }
      queues.set(server, queue)
    }
    return queue
  }

  const advance = (server: string, queue: Queue): void => {
    const now = clock.now()
    for (const place of queue.sent) {
      if (now - place.sentAt < ON_THE_WAY_MAX_MS) break
      queue.sent.delete(place)
    }
    for (const place of queue.waiting) {
      if (queue.sent.size >= max) break
      queue.waiting.delete(place)
      place.sentAt = now
      queue.sent.add(place)
      place.send()
    }
    const [oldest] = queue.sent
    if (queue.waiting.size === 0 || !oldest) {
      queue.cancelTimer?.()
      queue.cancelTimer = undefined
      if (queue.sent.size === 0) queues.delete(server)
      return
    }
    queue.cancelTimer ??= clock.after(oldest.sentAt + ON_THE_WAY_MAX_MS - now, () => {
      queue.cancelTimer = undefined
      advance(server, queue)
    })
  }

  return {
    enter: (server, send) => {
      const queue = queueOf(server)
      const place = { send, sentAt: 0 }
      queue.waiting.add(place)
      advance(server, queue)
      return () => {
        if (queue.waiting.delete(place) || queue.sent.delete(place)) advance(server, queue)
      }
    },
  }
}
