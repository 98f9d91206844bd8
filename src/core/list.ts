/** An item of a list. Only the list changes these fields, and an item is in at most one list at a time. */
export type Listed<T> = {
  before: T | null
  after: T | null
  isListed: boolean
}

/**
 * A list with insertion at the end and removal at any place.
 *
 * Use it instead of a Set whose items come and go all the time. V8 copies such a Set repeatedly and links
 * each old copy to the next; once the first copy is in the old generation, only a full garbage collection
 * frees what any of them held.
 */
export type List<T> = {
  /** Adds an item, which must be in no list, at the end. */
  readonly add: (item: T) => void
  /** @returns false if it was not in the list */
  readonly delete: (item: T) => boolean
  /** The oldest item. */
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

/** The items of a list, oldest first, as a copy, so that the list may change meanwhile. */
export const itemsOf = <T extends Listed<T>>(list: List<T>): T[] => {
  const items: T[] = []
  for (let item = list.first(); item; item = item.after) items.push(item)
  return items
}
