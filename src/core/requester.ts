/** A pending result that a requester waits for. */
export type Wait = {
  /** Called at most once, when the requester leaves and no longer waits for the result. */
  readonly drop: () => void
}

/**
 * Requests lookups, as a race does. Its waits end when it leaves; a query still in flight then continues to
 * fill the cache, and counts against the last requester that wanted it.
 */
export type Requester = {
  /** The client whose share of concurrent queries these lookups use: a client's address, `unix`, or `process`. */
  readonly client: string
  waits: Wait[] | null
  left: boolean
  /** Queries still in flight that no requester has wanted since this requester left. */
  abandoned: number
  /** Called once, when `abandoned` is 0 after the requester has left. */
  onIdle: (() => void) | null
}

/** The client of lookups that this process makes for itself. */
export const PROCESS_CLIENT = 'process'

/** @param client see `Requester`; this process by default */
export const createRequester = (client: string = PROCESS_CLIENT): Requester => ({
  client,
  waits: null,
  left: false,
  abandoned: 0,
  onIdle: null,
})

/** Registers a wait, which is dropped when the requester leaves. */
export const addWait = (requester: Requester, wait: Wait): void => {
  if (requester.waits) requester.waits.push(wait)
  else requester.waits = [wait]
}

/** Marks that the requester wants nothing more. A second call does nothing. */
export const leave = (requester: Requester): void => {
  if (requester.left) return
  requester.left = true
  const { waits } = requester
  requester.waits = null
  if (waits) for (const { drop } of waits) drop()
}

/** A query counted in `abandoned` has ended, or another requester wants it. */
export const settleAbandoned = (requester: Requester): void => {
  if (--requester.abandoned > 0) return
  const { onIdle } = requester
  requester.onIdle = null
  onIdle?.()
}

/** Calls `run` once, as soon as `abandoned` is 0 for a requester that has left; at once if it is 0 already. */
export const whenIdle = (requester: Requester, run: () => void): void => {
  if (requester.abandoned === 0) run()
  else requester.onIdle = run
}
