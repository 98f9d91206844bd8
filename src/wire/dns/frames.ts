import { createByteReader } from '../../core/byte-reader.ts'
import { word, writeWord } from './message.ts'

/** The length prefix of a message over TCP (RFC 1035 section 4.2.2). */
const LENGTH_OCTETS = 2

/**
 * Encodes a message for TCP.
 *
 * @param message at most 65,535 bytes
 */
export const encodeFrame = (message: Uint8Array): Uint8Array => {
  const frame = new Uint8Array(LENGTH_OCTETS + message.length)
  writeWord(frame, 0, message.length)
  frame.set(message, LENGTH_OCTETS)
  return frame
}

/**
 * Extracts messages from a TCP stream, however it is split into chunks. It buffers at most one incomplete
 * message.
 *
 * @returns a function that takes the next bytes, which it may keep, and returns the messages that are now
 *   complete
 */
export const createFrameReader = (): ((bytes: Uint8Array) => Uint8Array[]) => {
  const reader = createByteReader()
  let wanted: number | undefined
  return bytes => {
    reader.append(bytes)
    const messages: Uint8Array[] = []
    for (;;) {
      if (wanted === undefined) {
        const length = reader.take(LENGTH_OCTETS)
        if (!length) return messages
        wanted = word(length, 0)
      }
      const message = reader.take(wanted)
      if (!message) return messages
      messages.push(message)
      wanted = undefined
    }
  }
}
