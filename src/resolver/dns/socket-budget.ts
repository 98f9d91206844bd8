/** A socket that counts. */
export type SocketPlace = {
  /**
   * It is kept for what may still come, but the one who holds it could do without: from now on it may
   * be closed for another one.
   *
   * @param close called once at most; the place is free then
   */
  readonly spare: (close: () => void) => void
  /** It is needed again. */
  readonly need: () => void
  /** Its descriptor is closed. Called again it does nothing. */
  readonly free: () => void
}

/** A bounded number of sockets, of which some are spare. */
export type SocketBudget = {
  /**
   * Counts one more socket, before it is opened. Where that is one too many, the one that has been
   * spare for longest is closed first. Whoever needs sockets sees to it that no more are needed at a
   * time than there may be.
   */
  readonly take: () => SocketPlace
  /** Whether one more can be had without closing another. */
  readonly hasRoom: () => boolean
  /** Sockets that count now. */
  readonly open: () => number
}

/** @param max sockets at a time, 1 or more */
export const createSocketBudget = (max: number): SocketBudget => {
  /** Those that may be closed, by their places; the one that has been so for longest is the first. */
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
