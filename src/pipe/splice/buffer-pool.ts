/** A pool of buffers for held bytes. */
export type HoldRooms = {
  /** Returns a view of the given length on a buffer. The content is not zeroed. */
  readonly take: (bytes: number) => Uint8Array
  /** Returns the buffer behind this view to the pool, which may reuse it at once. */
  readonly give: (part: Uint8Array) => void
  /** Total bytes of all buffers in use. */
  readonly lent: () => number
}

/**
 * The smallest buffer that the pool keeps for reuse, in bytes. Smaller ones are cheap to allocate, and may
 * be held for long.
 */
export const ROOM_BYTES = 131_072

/** Free buffers that the pool keeps. */
const SPARE_LIMIT = 4

/** The pool reuses large buffers: a new allocation costs more than the copy into it. */
export const createHoldRooms = (): HoldRooms => {
  const spare: ArrayBufferLike[] = []
  let lent = 0

  const find = (bytes: number): ArrayBufferLike => {
    if (bytes < ROOM_BYTES) return new ArrayBuffer(bytes)
    const found = spare.findIndex(({ byteLength }) => byteLength >= bytes)
    const [room] = found < 0 ? [] : spare.splice(found, 1)
    // Sizes are powers of two, so that one buffer serves many requests.
    return room ?? new ArrayBuffer(2 ** Math.ceil(Math.log2(bytes)))
  }

  return {
    take: bytes => {
      const room = find(bytes)
      lent += room.byteLength
      return new Uint8Array(room, 0, bytes)
    },
    give: ({ buffer }) => {
      lent -= buffer.byteLength
      if (buffer.byteLength >= ROOM_BYTES && spare.length < SPARE_LIMIT) spare.push(buffer)
    },
    lent: () => lent,
  }
}
