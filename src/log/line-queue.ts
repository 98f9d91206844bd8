/** Approximate maximum size of one write: the size of a Linux pipe. */
export const CHUNK_BYTES = 64 * 1024

/** A bounded queue of lines to write. */
export type LineQueue = {
  /** @returns false if the queue was full and the line was dropped */
  readonly push: (line: string) => boolean
  /** The bytes to write next; empty if the queue is empty. Returns the same bytes until `take` is called. */
  readonly chunk: () => Buffer
  /** Removes this many written bytes of the chunk. Once all of it is written, its memory is reused. */
  readonly take: (bytes: number) => void
  /** Gives up the chunk and its memory, because another thread still writes it: it counts as taken. */
  readonly leave: () => void
  /** Discards everything. */
  readonly clear: () => void
  /** Bytes in the queue, those of the chunk included. */
  readonly waiting: () => number
}

const NOTHING = Buffer.alloc(0)

/**
 * Stores lines as bytes in buffers of one chunk's size. Strings survived many garbage collections together
 * with the parts that they were made of: 3 kB for each connection.
 */
export const createLineQueue = (maxBytes: number): LineQueue => {
  /** Full buffers, in order. */
  let full: Buffer[] = []
  /** The buffer that is being filled, and how far it is filled. */
  let open: Buffer | undefined
  let used = 0
  /** The chunk that is not fully taken yet, and the buffer behind it. */
  let chunk: Buffer = NOTHING
  let writing: Buffer | undefined
  /** An empty buffer for reuse. */
  let spare: Buffer | undefined
  let waiting = 0

  const fresh = (bytes: number): Buffer => {
    if (bytes > CHUNK_BYTES) return Buffer.allocUnsafeSlow(bytes)
    const buffer = spare ?? Buffer.allocUnsafeSlow(CHUNK_BYTES)
    spare = undefined
    return buffer
  }

  const seal = (): void => {
    if (open) full.push(open.subarray(0, used))
    open = undefined
    used = 0
  }

  return {
    push: line => {
      const bytes = Buffer.byteLength(line)
      if (waiting + bytes > maxBytes) return false
      if (open && used + bytes > open.length) seal()
      open ??= fresh(bytes)
      used += open.write(line, used)
      waiting += bytes
      return true
    },
    chunk: () => {
      if (chunk.length > 0) return chunk
      if (full.length === 0 && used > 0) seal()
      writing = full.shift()
      chunk = writing ?? NOTHING
      return chunk
    },
    take: bytes => {
      chunk = chunk.subarray(bytes)
      waiting -= bytes
      if (chunk.length > 0 || !writing) return
      if (writing.buffer.byteLength === CHUNK_BYTES) spare = Buffer.from(writing.buffer)
      writing = undefined
    },
    leave: () => {
      waiting -= chunk.length
      chunk = NOTHING
      writing = undefined
    },
    clear: () => {
      full = []
      open = undefined
      used = 0
      chunk = NOTHING
      writing = undefined
      waiting = 0
    },
    waiting: () => waiting,
  }
}
