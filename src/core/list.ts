/** What may be in a list. Only the list changes these, and each item is in one list at a time. */
export type Listed<T> = {
  before: T | null
  after: T | null
  isListed: boolean
}

/**
 * A list whose items are added at its end and taken out anywhere.
 *
 * It is no Set where it grows and shrinks all the time: a Set that does is copied again and again, each old
 * copy points to the next one, and once the first of them is old garbage nothing that any of them held is
 * collected before the next full collection.
 */
export type List<T> = {
  /** Adds an item, which is in no list, at the end. */
  readonly add: (item: T) => void
  /** @returns false where it was not in the list */
  readonly delete: (item: T) => boolean
  /** The item that has been in it for longest. */
  readonly first: () => T | null
  readonly last: () => T | null
  readonly size: () => number
}

export const createList = <T extends Listed<T>>(): List<T> => {
  let first: T | null = null
  let last: T | null = null
  let size = 0
  return {
    add: item => {
      item.before = last
      item.after = null
      item.isListed = true
      if (last) last.after = item
      else first = item
      last = item
      size++
    },
    delete: item => {
      if (!item.isListed) return false
      const { before, after } = item
      if (before) before.after = after
      else first = after
      if (after) after.before = before
      else last = before
      item.before = null
      item.after = null
      item.isListed = false
      size--
      return true
    },
    first: () => first,
    last: () => last,
    size: () => size,
  }
}

/** The items of a list, the one that has been in it for longest first; it may change meanwhile. */
export const itemsOf = <T extends Listed<T>>(list: List<T>): T[] => {
  const items: T[] = []
  for (let item = list.first(); item; item = item.after) items.push(item)
  return items
}
