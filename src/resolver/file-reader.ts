import { open, stat } from 'node:fs/promises'

/** How files are read. It never rejects: a file that cannot be read is a file that is not there. */
export type FileReader = {
  /** A text that changes when the file does; undefined where there is none. */
  readonly version: (path: string) => Promise<string | undefined>
  /** The first `maxBytes` bytes as UTF-8; '' where there is no file. */
  readonly read: (path: string, maxBytes: number) => Promise<string>
}

/** Reads the files of this host. */
export const fileReader: FileReader = {
  version: async path => {
    try {
      const { mtimeMs, ctimeMs, size, ino } = await stat(path)
      return `${mtimeMs} ${ctimeMs} ${size} ${ino}`
    } catch {
      return undefined
    }
  },
  read: async (path, maxBytes) => {
    try {
      const file = await open(path, 'r')
      try {
        const { size } = await file.stat()
        const buffer = Buffer.alloc(Math.min(size, maxBytes))
        const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
        return buffer.toString('utf8', 0, bytesRead)
      } finally {
        await file.close()
      }
    } catch {
      return ''
    }
  },
}
