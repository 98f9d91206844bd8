/** One write to the system takes at most about so much, the size of a Linux pipe. */
export const CHUNK_BYTES = 64 * 1024

/** Lines that wait to be written, at most so many bytes of them. */
export type LineQueue = {
  /** @returns false where the line found no room and was dropped */
  readonly push: (line: string) => boolean
  /** The bytes to write next; empty where nothing waits. The same until some of them are taken. */
  readonly chunk: () => Buffer
  /** So many bytes of the chunk are written. Its memory is used again once all of it is. */
  readonly take: (bytes: number) => void
  /** Somebody else still writes the chunk: it counts as taken, and its memory is left to him. */
  readonly leave: () => void
  /** Throws everything away. */
  readonly clear: () => void
  /** Bytes that wait, those of the chunk too. */
  readonly waiting: () => number
}

const NOTHING = Buffer.alloc(0)

/**
 * Lines are kept as bytes, side by side in buffers of one chunk's size. As strings they outlived many
 * a collection of garbage, each with the parts that it was made of: 3 kB for each connection.
 */
export const createLineQueue = (maxBytes: number): LineQueue => {
  /** Full buffers, in order. */
  let full: Buffer[] = []
  /** The buffer that is being filled, and how far. */
  let open: Buffer | undefined
  let used = 0
  /** What `chunk` gave out and is not taken yet, and the buffer that it is of. */
  let chunk: Buffer = NOTHING
  let lent: Buffer | undefined
  /** A buffer to be filled next. */
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
      lent = full.shift()
      chunk = lent ?? NOTHING
      return chunk
    },
    take: bytes => {
      chunk = chunk.subarray(bytes)
      waiting -= bytes
      if (chunk.length > 0 || !lent) return
      if (lent.buffer.byteLength === CHUNK_BYTES) spare = Buffer.from(lent.buffer)
      lent = undefined
    },
    leave: () => {
      waiting -= chunk.length
      chunk = NOTHING
      lent = undefined
    },
    clear: () => {
      full = []
      open = undefined
      used = 0
      chunk = NOTHING
      lent = undefined
      waiting = 0
    },
    waiting: () => waiting,
  }
}
