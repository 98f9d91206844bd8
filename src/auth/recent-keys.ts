/** A bounded set that drops the least recently used key when it is full. */
export type RecentKeys = {
  readonly add: (key: string) => void
  /** Whether the set contains the key; the call counts as use. */
  readonly has: (key: string) => boolean
}

/** @param most maximum number of keys, 1 or more */
export const createRecentKeys = (most: number): RecentKeys => {
  // A Set keeps the order of insertion; a used key moves to its end.
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
