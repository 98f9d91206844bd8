/**
 * Bytes that arrive in pieces, read as if they had come at once. A parser takes what it needs; where
 * that has not come yet it gets undefined, and nothing is consumed.
 *
 * It grows by what is appended and no limit is set here: the parsers in front know the largest
 * message they can be sent, and whoever appends stops when they have refused or finished.
 */
export type ByteReader = {
  /** Adds bytes at the end. The array is kept, not copied: the caller gives it away. */
  readonly append: (bytes: Uint8Array) => void
  /** How many bytes are unread. */
  readonly length: () => number
  /** The unread byte at an offset, or undefined where it has not come yet. */
  readonly peek: (offset: number) => number | undefined
  /** Exactly `count` bytes, consumed; or undefined, and nothing is. */
  readonly take: (count: number) => Uint8Array | undefined
  /** All that is unread, consumed. */
  readonly rest: () => Uint8Array
}

const EMPTY = new Uint8Array(0)

export const createByteReader = (): ByteReader => {
  let buffer: Uint8Array = EMPTY
  let start = 0
  const length = (): number => buffer.length - start
  const take = (count: number): Uint8Array | undefined => {
    if (length() < count) return undefined
    const bytes = buffer.subarray(start, start + count)
    start += count
    return bytes
  }
  return {
    append: bytes => {
      if (length() === 0) {
        buffer = bytes
      } else {
        const joined = new Uint8Array(length() + bytes.length)
        joined.set(buffer.subarray(start))
        joined.set(bytes, length())
        buffer = joined
      }
      start = 0
    },
    length,
    peek: offset => buffer[start + offset],
    take,
    rest: () => {
      const bytes = buffer.subarray(start)
      buffer = EMPTY
      start = 0
      return bytes
    },
  }
}
