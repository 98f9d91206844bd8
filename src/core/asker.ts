/** Something that an asker waits for. */
export type Wait = {
  /** The asker has left: it is no longer waited for. Called once at most. */
  readonly drop: () => void
}

/**
 * Somebody who asks for names, as a race does. What it waits for ends with it; a query that is in flight
 * by then goes on, to fill the cache, and is owed by the last asker who wanted it.
 */
export type Asker = {
  /** Whose share of the queries its questions take: a client's address, `unix`, or `process`. */
  readonly client: string
  waits: Wait[] | null
  left: boolean
  /** Queries in flight that nobody has wanted since this asker left. */
  owed: number
  /** Called once, when nothing is owed any more. */
  onFree: (() => void) | null
}

/** The client of whatever this process asks for itself. */
export const PROCESS_CLIENT = 'process'

/** @param client see `Asker`; the process itself by default */
export const createAsker = (client: string = PROCESS_CLIENT): Asker => ({
  client,
  waits: null,
  left: false,
  owed: 0,
  onFree: null,
})

/** Has a wait dropped when its asker leaves. */
export const addWait = (asker: Asker, wait: Wait): void => {
  if (asker.waits) asker.waits.push(wait)
  else asker.waits = [wait]
}

/** The asker wants nothing any more. Called again it does nothing. */
export const leave = (asker: Asker): void => {
  if (asker.left) return
  asker.left = true
  const { waits } = asker
  asker.waits = null
  if (waits) for (const { drop } of waits) drop()
}

/** One query that an asker owed is over, or is wanted by another one. */
export const forgive = (asker: Asker): void => {
  if (--asker.owed > 0) return
  const { onFree } = asker
  asker.onFree = null
  onFree?.()
}

/** Calls `run` once, as soon as an asker that has left owes nothing; at once where that is so. */
export const whenFree = (asker: Asker, run: () => void): void => {
  if (asker.owed === 0) run()
  else asker.onFree = run
}
