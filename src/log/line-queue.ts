/** One write to the system takes at most about so much, the size of a Linux pipe. */
export const CHUNK_BYTES = 64 * 1024

/** How far the front of the list may be taken before it is cut off; cutting copies the rest. */
const CUT_LINES = 4096

/** Lines that wait to be written, at most so many bytes of them. */
export type LineQueue = {
  /** @returns false where the line found no room and was dropped */
  readonly push: (line: string) => boolean
  /** The bytes to write next; empty where nothing waits. The same until some of them are taken. */
  readonly chunk: () => Buffer
  /** So many bytes of the chunk are written. */
  readonly take: (bytes: number) => void
  /** Throws everything away. */
  readonly clear: () => void
  /** Bytes that wait, those of the chunk too. */
  readonly waiting: () => number
}

export const createLineQueue = (maxBytes: number): LineQueue => {
  let lines: string[] = []
  let head = 0
  let chunk: Buffer = Buffer.alloc(0)
  let waiting = 0
  return {
    push: line => {
      const bytes = Buffer.byteLength(line)
      if (waiting + bytes > maxBytes) return false
      lines.push(line)
      waiting += bytes
      return true
    },
    chunk: () => {
      if (chunk.length > 0 || head === lines.length) return chunk
      const from = head
      for (let size = 0; head < lines.length && size < CHUNK_BYTES; head++) {
        size += lines[head]?.length ?? 0
      }
      chunk = Buffer.from(lines.slice(from, head).join(''))
      if (head === lines.length || head > CUT_LINES) {
        lines = lines.slice(head)
        head = 0
      }
      return chunk
    },
    take: bytes => {
      chunk = chunk.subarray(bytes)
      waiting -= bytes
    },
    clear: () => {
      lines = []
      head = 0
      chunk = Buffer.alloc(0)
      waiting = 0
    },
    waiting: () => waiting,
  }
}
