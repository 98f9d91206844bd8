/** A pending result that an asker waits for. */
export type Wait = {
  /** Called at most once, when the asker leaves and no longer waits for the result. */
  readonly drop: () => void
}

/**
 * Requests lookups, as a race does. Its waits end when it leaves; a query still in flight then continues to
 * fill the cache, and counts against the last asker that wanted it.
 */
export type Asker = {
  /** The client whose share of concurrent queries these lookups use: a client's address, `unix`, or `process`. */
  readonly client: string
  waits: Wait[] | null
  left: boolean
  /** Queries still in flight that no asker has wanted since this asker left. */
  owed: number
  /** Called once, when `owed` is 0 after the asker has left. */
  onFree: (() => void) | null
}

/** The client of lookups that this process makes for itself. */
export const PROCESS_CLIENT = 'process'

/** @param client see `Asker`; this process by default */
export const createAsker = (client: string = PROCESS_CLIENT): Asker => ({
  client,
  waits: null,
  left: false,
  owed: 0,
  onFree: null,
})

/** Registers a wait, which is dropped when the asker leaves. */
export const addWait = (asker: Asker, wait: Wait): void => {
  if (asker.waits) asker.waits.push(wait)
  else asker.waits = [wait]
}

/** Marks that the asker wants nothing more. A second call does nothing. */
export const leave = (asker: Asker): void => {
  if (asker.left) return
  asker.left = true
  const { waits } = asker
  asker.waits = null
  if (waits) for (const { drop } of waits) drop()
}

/** A query counted in `owed` has ended, or another asker wants it. */
export const forgive = (asker: Asker): void => {
  if (--asker.owed > 0) return
  const { onFree } = asker
  asker.onFree = null
  onFree?.()
}

/** Calls `run` once, as soon as `owed` is 0 for an asker that has left; at once if it is 0 already. */
export const whenFree = (asker: Asker, run: () => void): void => {
  if (asker.owed === 0) run()
  else asker.onFree = run
}
