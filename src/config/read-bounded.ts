import { closeSync, openSync, readSync } from 'node:fs'
import type { ReadFile } from './read-text.ts'

/** More than any configuration, users file or trace has; a device such as /dev/zero has no end. */
const MOST_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 256 * 1024

/**
 * Reads a file whole, be it a pipe or a device.
 *
 * @throws the system's errors, and EFBIG where it has more than 64 MiB
 */
export const readBounded: ReadFile = path => {
  const fd = openSync(path, 'r')
  try {
    const chunks: Uint8Array[] = []
    let length = 0
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES)
      const count = readSync(fd, chunk)
      if (count === 0) return Buffer.concat(chunks, length)
      length += count
      if (length > MOST_BYTES) {
        throw Object.assign(new Error(`EFBIG: more than ${MOST_BYTES} bytes`), { code: 'EFBIG' })
      }
      chunks.push(chunk.subarray(0, count))
    }
  } finally {
    closeSync(fd)
  }
}
