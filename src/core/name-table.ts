/** An item of a table. Only the table changes `next`, and an item is in at most one table at a time. */
export type Named<T> = { readonly key: string; next: T | null }

/**
 * A hash table by text. Like `List`, it replaces a Map whose items come and go by the thousand; `List`
 * explains why.
 */
export type NameTable<T> = {
  readonly get: (key: string) => T | undefined
  /** Adds an item; the table must not contain its key. */
  readonly add: (item: T) => void
  /** @returns false if it was not in the table */
  readonly delete: (item: T) => boolean
}

/** With more items, several share a bucket, which only costs time. */
const BUCKETS = 1024

/** The bucket of a text: FNV-1a over its characters. */
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
