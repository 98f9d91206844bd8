/** What may be in a table. Only the table changes `next`, and each item is in one table at a time. */
export type Named<T> = { readonly key: string; next: T | null }

/**
 * Items by a text. Like `List` it is made for items that come and go by the thousand, for which a Map is
 * not: see there.
 */
export type NameTable<T> = {
  readonly get: (key: string) => T | undefined
  /** Adds an item; there must be none of its key. */
  readonly add: (item: T) => void
  /** @returns false where it was not in the table */
  readonly delete: (item: T) => boolean
}

/** Items share a bucket where there are more; that costs time alone. */
const BUCKETS = 1024

/** FNV-1a over the characters of a text. */
const bucketOf = (key: string): number => {
  let hash = 0x81_1c_9d_c5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01_00_01_93)
  return (hash >>> 0) % BUCKETS
}

export const createNameTable = <T extends Named<T>>(): NameTable<T> => {
  const buckets = new Array<T | null>(BUCKETS).fill(null)
  return {
    get: key => {
      for (let item = buckets[bucketOf(key)]; item; item = item.next) {
        if (item.key === key) return item
      }
      return undefined
    },
    add: item => {
      const bucket = bucketOf(item.key)
      item.next = buckets[bucket] ?? null
      buckets[bucket] = item
    },
    delete: item => {
      const bucket = bucketOf(item.key)
      let before: T | null = null
      for (let each = buckets[bucket]; each; each = each.next) {
        if (each === item) {
          if (before) before.next = item.next
          else buckets[bucket] = item.next
          item.next = null
          return true
        }
        before = each
      }
      return false
    },
  }
}
