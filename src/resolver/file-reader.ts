import { open, stat } from 'node:fs/promises'

/** How files are read. */
export type FileReader = {
  /**
   * A text that changes when the file does; undefined where there is no such file.
   *
   * @throws the system's error where that cannot be found out; as a rejection
   */
  readonly version: (path: string) => Promise<string | undefined>
  /**
   * The first `maxBytes` bytes, in pieces, each a turn of the event loop after the one before. A piece is
   * valid until the next one is asked for.
   *
   * @throws the system's error where the file cannot be read; as a rejection
   */
  readonly read: (path: string, maxBytes: number) => AsyncIterable<Uint8Array>
}

/** Some 600 lines of a hosts file, which take a millisecond or two. */
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
 * The begin of a file as one text.
 *
 * @param maxBytes of which no more are read
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
