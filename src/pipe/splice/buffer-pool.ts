/** A pool of buffers for queued bytes. */
export type BufferPool = {
  /** Returns a view of the given length on a buffer. The content is not zeroed. */
  readonly take: (bytes: number) => Uint8Array
  /** Returns the buffer behind this view to the pool, which may reuse it at once. */
  readonly give: (part: Uint8Array) => void
  /** Total bytes of all buffers in use. */
  readonly inUse: () => number
}

/**
 * The smallest buffer that the pool keeps for reuse, in bytes. Smaller ones are cheap to allocate, and may
 * be held for long.
 */
export const POOLED_BYTES = 131_072

/** Free buffers that the pool keeps. */
const SPARE_LIMIT = 4

/** The pool reuses large buffers: a new allocation costs more than the copy into it. */
export const createBufferPool = (): BufferPool => {
  const spare: ArrayBufferLike[] = []
  let inUse = 0

  const find = (bytes: number): ArrayBufferLike => {
    if (bytes < POOLED_BYTES) return new ArrayBuffer(bytes)
    const found = spare.findIndex(({ byteLength }) => byteLength >= bytes)
    const [buffer] = found < 0 ? [] : spare.splice(found, 1)
    // Sizes are powers of two, so that one buffer serves many requests.
    return buffer ?? new ArrayBuffer(2 ** Math.ceil(Math.log2(bytes)))
  }

  return {
    take: bytes => {
      const buffer = find(bytes)
      inUse += buffer.byteLength
      return new Uint8Array(buffer, 0, bytes)
    },
    give: ({ buffer }) => {
      inUse -= buffer.byteLength
      if (buffer.byteLength >= POOLED_BYTES && spare.length < SPARE_LIMIT) spare.push(buffer)
    },
    inUse: () => inUse,
  }
}
