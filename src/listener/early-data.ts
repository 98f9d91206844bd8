/** Maximum number of bytes that are read from a client before its target is connected. */
export const EARLY_DATA_MAX_BYTES = 64 * 1024

/** Chunks are joined at this number, so that a client that sends single bytes does not cost an array for each. */
const CHUNKS_MAX = 64

/** A buffer for the bytes that a client sends before its target is connected, in order. */
export type EarlyData = {
  /**
   * Appends bytes, which then belong to the buffer, also beyond the limit: the caller has to stop reading
   * when `full` is true.
   */
  readonly push: (bytes: Uint8Array) => void
  /** Whether the limit is reached and the caller must stop reading. */
  readonly full: () => boolean
  readonly size: () => number
  /** Returns all bytes and keeps them. The caller must not change them. */
  readonly peek: () => Uint8Array
  /** Returns all bytes and empties the buffer. A single chunk is not copied. */
  readonly take: () => Uint8Array
}

const NO_BYTES = new Uint8Array(0)

export const createEarlyData = (): EarlyData => {
  let chunks: Uint8Array[] = []
  let size = 0

  const joined = (): Uint8Array => {
    const [first = NO_BYTES] = chunks
    return chunks.length < 2 ? first : Buffer.concat(chunks, size)
  }

  return {
    push: bytes => {
      if (bytes.length === 0) return
      if (chunks.length >= CHUNKS_MAX) chunks = [joined()]
      chunks.push(bytes)
      size += bytes.length
    },
    full: () => size >= EARLY_DATA_MAX_BYTES,
    size: () => size,
    peek: () => {
      const bytes = joined()
      if (chunks.length > 1) chunks = [bytes]
      return bytes
    },
    take: () => {
      const bytes = joined()
      chunks = []
      size = 0
      return bytes
    },
  }
}
