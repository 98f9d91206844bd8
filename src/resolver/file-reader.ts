import { open, stat } from 'node:fs/promises'

/** Access to files. */
export type FileReader = {
  /**
   * Returns a text that changes when the file changes; undefined if the file does not exist.
   *
   * @throws the system's error if stat fails; as a rejection
   */
  readonly version: (path: string) => Promise<string | undefined>
  /**
   * Yields the first `maxBytes` bytes in pieces, each in a later turn of the event loop. A piece is valid
   * until the next one is requested.
   *
   * @throws the system's error if the file cannot be read; as a rejection
   */
  readonly read: (path: string, maxBytes: number) => AsyncIterable<Uint8Array>
}

/** About 600 lines of a hosts file, which take 1 or 2 ms to parse. */
const PIECE_BYTES = 16_384

const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** Reads the files of this host. */
export const fileReader: FileReader = {
  version: async path => {
    try {
      const { mtimeMs, ctimeMs, size, ino } = await stat(path)
      return `${mtimeMs} ${ctimeMs} ${size} ${ino}`
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  },
  read: async function* (path, maxBytes) {
    const file = await open(path, 'r')
    try {
      const buffer = Buffer.alloc(Math.min(PIECE_BYTES, maxBytes))
      let left = maxBytes
      while (left > 0) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, left), null)
        if (bytesRead === 0) return
        left -= bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      await file.close()
    }
  },
}

/**
 * Returns the beginning of a file as text.
 *
 * @param maxBytes maximum number of bytes to read
 */
export const readText = async (
  { read }: FileReader,
  path: string,
  maxBytes: number,
): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of read(path, maxBytes)) text += decoder.decode(piece, { stream: true })
  return text + decoder.decode()
}
