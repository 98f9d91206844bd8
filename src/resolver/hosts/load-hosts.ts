import type { FileReader } from '../file-reader.ts'
import { createHostsParser } from './parser.ts'
import type { HostsTable } from './table.ts'

/** What of a hosts file is read; lists of blocked names of two million lines fit. */
export const HOSTS_MAX_BYTES = 64 * 1024 * 1024

/**
 * Reads a hosts file piece by piece, so that nobody waits for the whole of it.
 *
 * @param onCut called where the file has more than `maxBytes`: what is behind them is not known
 * @throws the system's error where it cannot be read; as a rejection
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
    // Names are ASCII; an octet beyond it makes a name invalid, whatever character it is of.
    parser.take(text.toString('latin1'))
    if (length > left) {
      onCut(maxBytes)
      break
    }
    left -= length
  }
  return parser.end()
}
