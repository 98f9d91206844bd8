/** The latest of many keys: a set that forgets the one not used for longest once it is full. */
export type RecentKeys = {
  readonly add: (key: string) => void
  /** Whether the key is there; asking counts as use. */
  readonly has: (key: string) => boolean
}

/** @param most how many keys are kept, 1 or more */
export const createRecentKeys = (most: number): RecentKeys => {
  // A Set keeps the order of insertion; a key that is used is put at its end.
  const keys = new Set<string>()
  const add = (key: string): void => {
    keys.delete(key)
    keys.add(key)
    if (keys.size <= most) return
    for (const oldest of keys) {
      keys.delete(oldest)
      return
    }
  }
  return {
    add,
    has: key => {
      const known = keys.has(key)
      if (known) add(key)
      return known
    },
  }
}
