/** How much a client may send ahead of its target. */
export const EARLY_DATA_MAX_BYTES = 64 * 1024

/** A client that sends single bytes must not cost an array for each: so many are joined to one. */
const CHUNKS_MAX = 64

/** What a client sends before its target is connected, in order. */
export type EarlyData = {
  /** Takes bytes over. They are kept also beyond the limit: the caller stops reading then. */
  readonly push: (bytes: Uint8Array) => void
  /** True where no more is to be read. */
  readonly full: () => boolean
  readonly size: () => number
  /** All of it, which stays. Not to be changed. */
  readonly peek: () => Uint8Array
  /** All of it, given out once. Not copied where it came in one piece. */
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
