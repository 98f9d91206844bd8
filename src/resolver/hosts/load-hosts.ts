import type { FileReader } from '../file-reader.ts'
import { createHostsParser } from './parser.ts'
import type { HostsTable } from './table.ts'

/** Maximum size of a hosts file in bytes; enough for a blocklist of two million lines. */
export const HOSTS_MAX_BYTES = 64 * 1024 * 1024

/**
 * Reads a hosts file piece by piece, so that a large file does not block the event loop.
 *
 * @param onCut called if the file has more than `maxBytes` bytes; the rest is ignored
 * @throws the system's error if the file cannot be read; as a rejection
 */
export const loadHosts = async (
  files: Pick<FileReader, 'read'>,
  path: string,
  onCut: (maxBytes: number) => void = () => {},
  maxBytes: number = HOSTS_MAX_BYTES,
): Promise<HostsTable> => {
  const parser = createHostsParser()
  let left = maxBytes
  for await (const piece of files.read(path, maxBytes + 1)) {
    const { buffer, byteOffset, length } = piece
    const text = Buffer.from(buffer, byteOffset, Math.min(length, left))
    // Names are ASCII. Any other byte makes a name invalid, in whatever encoding, so latin1 is enough.
    parser.take(text.toString('latin1'))
    if (length > left) {
      onCut(maxBytes)
      break
    }
    left -= length
  }
  return parser.end()
}
