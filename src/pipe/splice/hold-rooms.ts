/** Memory for what is held. */
export type HoldRooms = {
  /** A room's first bytes, as many as were asked for. What was in them is not erased. */
  readonly take: (bytes: number) => Uint8Array
  /** Gives a room back, by what is left of it. It may be in use again at once. */
  readonly give: (part: Uint8Array) => void
  /** Bytes of all rooms that are taken. */
  readonly lent: () => number
}

/** The least that is kept for the next use, in bytes; what is smaller is cheap to make, and may be held for long. */
export const ROOM_BYTES = 131_072

/** Rooms that wait for the next use. */
const SPARE_LIMIT = 4

/** Large ones are used again: to have a new one from the system costs more than to copy into it. */
export const createHoldRooms = (): HoldRooms => {
  const spare: ArrayBufferLike[] = []
  let lent = 0

  const find = (bytes: number): ArrayBufferLike => {
    if (bytes < ROOM_BYTES) return new ArrayBuffer(bytes)
    const found = spare.findIndex(({ byteLength }) => byteLength >= bytes)
    const [room] = found < 0 ? [] : spare.splice(found, 1)
    // Of sizes that double, so that one serves for many.
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
