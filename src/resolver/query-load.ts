import type { Turns } from '../core/turns.ts'
import { createTurns } from '../core/turns.ts'
import type { SocketBudget } from './dns/socket-budget.ts'
import { createSocketBudget } from './dns/socket-budget.ts'

/** Limits on the DNS queries of a process, shared by all its resolvers. */
export type QueryLoad = {
  /** One slot per question in flight. */
  readonly turns: Turns
  /** Maximum number of questions in flight. */
  readonly max: number
  /** One socket per question in flight at most. */
  readonly sockets: SocketBudget
}

/** Maximum number of questions in flight, given enough descriptors. */
export const QUERIES_MAX = 64

/** Minimum number of questions in flight, however few descriptors there are. */
const QUERIES_MIN = 4

/** DNS may use one of this many descriptors of the process. */
const FILES_PER_QUERY = 16

/** Maximum number of names whose lookups wait in the queue, with two questions each. */
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

/** @param max maximum number of questions in flight and of sockets; 1 or more */
export const createQueryLoad = (max: number = QUERIES_MAX): QueryLoad => ({
  turns: createTurns({ max, waitingMax: 2 * NAMES_WAITING_MAX, ratio: RATIO }),
  max,
  sockets: createSocketBudget(max),
})
