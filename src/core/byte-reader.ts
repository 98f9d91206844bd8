/**
 * Reads bytes that arrive in pieces as if they had arrived at once. If a parser asks for more bytes than
 * have arrived, it gets undefined and nothing is consumed.
 *
 * The reader has no size limit: each parser knows its largest message, and the caller stops appending when
 * the parser has refused or finished.
 */
export type ByteReader = {
  /** Adds bytes at the end. The reader keeps the array without a copy, so the caller must not use it again. */
  readonly append: (bytes: Uint8Array) => void
  /** The number of unread bytes. */
  readonly length: () => number
  /** The unread byte at an offset, or undefined if it has not arrived yet. */
  readonly peek: (offset: number) => number | undefined
  /** Consumes and returns exactly `count` bytes; undefined, with nothing consumed, if fewer have arrived. */
  readonly take: (count: number) => Uint8Array | undefined
  /** Consumes and returns all unread bytes. */
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
