import type { Turns } from '../core/turns.ts'
import { createTurns } from '../core/turns.ts'
import type { SocketBudget } from './dns/socket-budget.ts'
import { createSocketBudget } from './dns/socket-budget.ts'

/** What bounds the DNS queries of a process, however many resolvers it has. */
export type QueryLoad = {
  /** One for each question in flight. */
  readonly turns: Turns
  /** Questions in flight at most. */
  readonly max: number
  /** Sockets: one for each question in flight, and no more. */
  readonly sockets: SocketBudget
}

/** Questions in flight at most, where there are descriptors enough. */
export const QUERIES_MAX = 64

/** One query of the two types of a name is better than none. */
const QUERIES_MIN = 4

/** Of the descriptors that a process may have, so many are left to others for each that DNS takes. */
const FILES_PER_QUERY = 16

/** Names whose lookup waits for its turn, each of them two questions. */
export const NAMES_WAITING_MAX = 1024

/** One client gets three quarters of the turns: what it leaves is for a client that comes later. */
const RATIO = 3

/**
 * How many queries a process may have in flight: a sixteenth of its limit on open files, 64 at most.
 *
 * @param openFiles null: no limit, or not known
 */
export const queriesMax = (openFiles: number | null): number =>
  Math.max(
    QUERIES_MIN,
    Math.min(QUERIES_MAX, Math.floor((openFiles ?? Infinity) / FILES_PER_QUERY)),
  )

/** @param max questions in flight, and sockets; 1 or more */
export const createQueryLoad = (max: number = QUERIES_MAX): QueryLoad => ({
  turns: createTurns({ max, waitingMax: 2 * NAMES_WAITING_MAX, ratio: RATIO }),
  max,
  sockets: createSocketBudget(max),
})
