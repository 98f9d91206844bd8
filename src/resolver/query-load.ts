import type { Turns } from '../core/turns.ts'
import { createTurns } from '../core/turns.ts'

/** One socket in the budget. */
export type SocketPlace = {
  /**
   * Marks the socket as spare: it stays open for a late answer, but may be closed when another socket is
   * needed.
   *
   * @param close called at most once; the socket no longer counts then
   */
  readonly spare: (close: () => void) => void
  /** Marks the socket as needed again. */
  readonly need: () => void
  /** The socket is closed and no longer counts. Further calls do nothing. */
  readonly free: () => void
}

/** A limit on open sockets, some of which are spare. */
export type SocketBudget = {
  /**
   * Counts a socket before it is opened. If the limit is reached, the socket that has been spare for
   * longest is closed. The caller must not need more sockets at a time than the limit.
   */
  readonly take: () => SocketPlace
  /** Whether a socket is available without closing another. */
  readonly hasCapacity: () => boolean
  /** Number of sockets that count now. */
  readonly open: () => number
}

/** @param max maximum number of sockets, 1 or more */
export const createSocketBudget = (max: number): SocketBudget => {
  /** The close functions of spare sockets, the longest spare first. */
  const spares = new Map<SocketPlace, () => void>()
  let open = 0

  const closeOldestSpare = (): void => {
    const [oldest] = spares
    if (!oldest) return
    const [place, close] = oldest
    place.free()
    close()
  }

  return {
    take: () => {
      if (open >= max) closeOldestSpare()
      open++
      let counts = true
      const place: SocketPlace = {
        spare: close => {
          if (counts) spares.set(place, close)
        },
        need: () => void spares.delete(place),
        free: () => {
          if (!counts) return
          counts = false
          open--
          spares.delete(place)
        },
      }
      return place
    },
    hasCapacity: () => open < max,
    open: () => open,
  }
}

/** Limits on the DNS queries of a process, shared by all its resolvers. */
export type QueryLoad = {
  /** One slot per query in flight. */
  readonly turns: Turns
  /** Maximum number of queries in flight. */
  readonly max: number
  /** One socket per query in flight at most. */
  readonly sockets: SocketBudget
  /** Queries that wait for their turn, in `turns` and in those of `include`. */
  readonly waiting: () => number
  /**
   * Counts the turns of another limit, too.
   *
   * @returns ends that
   */
  readonly include: (turns: Pick<Turns, 'waiting'>) => () => void
}

/** Maximum number of queries in flight, given enough descriptors. */
export const QUERIES_MAX = 64

/** Minimum number of queries in flight, however few descriptors there are. */
const QUERIES_MIN = 4

/** DNS may use one of this many descriptors of the process. */
const FILES_PER_QUERY = 16

/** Maximum number of names whose lookups wait in the queue, with two queries each. */
export const NAMES_WAITING_MAX = 1024

/** One client gets three quarters of the slots at most, so that some remain for a later client. */
const RATIO = 3

/**
 * Returns the maximum number of queries in flight: 1/16 of the process's limit on open files, but 4 to 64.
 *
 * @param openFiles null if there is no limit, or if it is unknown
 */
export const queriesMax = (openFiles: number | null): number =>
  Math.max(
    QUERIES_MIN,
    Math.min(QUERIES_MAX, Math.floor((openFiles ?? Infinity) / FILES_PER_QUERY)),
  )

/** @param max maximum number of queries in flight and of sockets; 1 or more */
export const createQueryLoad = (max: number = QUERIES_MAX): QueryLoad => {
  const turns = createTurns({ max, waitingMax: 2 * NAMES_WAITING_MAX, ratio: RATIO })
  const all = new Set<Pick<Turns, 'waiting'>>([turns])
  return {
    turns,
    max,
    sockets: createSocketBudget(max),
    waiting: () => {
      let sum = 0
      for (const each of all) sum += each.waiting()
      return sum
    },
    include: other => {
      all.add(other)
      return () => void all.delete(other)
    },
  }
}
