import { failWithCode } from '../../core/fail.ts'
import { ERRNO, MSG } from '../../libc/constants.ts'
import type { Libc } from '../../libc/libc.ts'

/** The callback of `StreamSocket.write`. */
export type WriteDone = (error?: Error | null) => void

type Waiting = { bytes: Uint8Array; readonly done: WriteDone | undefined }

/** Bytes written to a socket that the system has not accepted yet. */
export type WriteQueue = {
  /** Total bytes. It keeps its value when the queue is discarded. */
  length: number
  readonly entries: Waiting[]
}

const SEND_FLAGS = MSG.DONTWAIT | MSG.NOSIGNAL

/**
 * send(2) without blocking and without SIGPIPE. It is called for zero bytes too: it then returns the error
 * of a socket that its peer has reset.
 *
 * @returns the number of bytes accepted, 0 for EAGAIN, or a negative error number
 */
export const sendBytes = (libc: Libc, fd: number, bytes: Uint8Array): number => {
  const sent = libc.send(fd, bytes, bytes.length, SEND_FLAGS)
  return sent === -ERRNO.EAGAIN ? 0 : sent
}

export const enqueue = (
  queue: WriteQueue | undefined,
  bytes: Uint8Array,
  done: WriteDone | undefined,
): WriteQueue => {
  const entry: Waiting = { bytes, done }
  if (!queue) return { length: bytes.length, entries: [entry] }
  queue.length += bytes.length
  queue.entries.push(entry)
  return queue
}

/**
 * Sends the queued bytes until the system accepts no more. Write callbacks run in a later tick.
 *
 * @returns 0, or a negative error number. The queue is flushed if `entries` is then empty
 */
export const sendQueue = (libc: Libc, fd: number, queue: WriteQueue): number => {
  const { entries } = queue
  let gone = 0
  let result = 0
  for (const entry of entries) {
    const { bytes, done } = entry
    result = sendBytes(libc, fd, bytes)
    if (result < 0) break
    queue.length -= result
    if (result < bytes.length) {
      entry.bytes = bytes.subarray(result)
      break
    }
    gone++
    if (done) process.nextTick(done, null)
  }
  entries.splice(0, gone)
  return Math.min(result, 0)
}

/**
 * The error of using a socket after its end, with Node's code.
 *
 * @param message what the caller tried
 */
export const misuse = (
  code: 'ERR_STREAM_DESTROYED' | 'ERR_STREAM_WRITE_AFTER_END',
  message: string,
): Error => failWithCode(code, message)

/** Discards the queued bytes, and calls their callbacks with the error. */
export const failQueue = ({ entries }: WriteQueue, error: Error | undefined): void => {
  const reason = error ?? misuse('ERR_STREAM_DESTROYED', 'the socket was destroyed before it wrote')
  for (const { done } of entries.splice(0)) done?.(reason)
}
