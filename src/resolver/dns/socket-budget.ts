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
  readonly hasRoom: () => boolean
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
    hasRoom: () => open < max,
    open: () => open,
  }
}
