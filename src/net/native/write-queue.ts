import { fail } from '../../core/fail.ts'
import { ERRNO, MSG } from '../../libc/constants.ts'
import type { Libc } from '../../libc/types.ts'

/** As `StreamSocket.write` takes it. */
export type WriteDone = (error?: Error | null) => void

type Waiting = { bytes: Uint8Array; readonly done: WriteDone | undefined }

/** What a socket was given to write and the system has not taken. */
export type WriteQueue = {
  /** Bytes. It stays what it was when the queue is thrown away. */
  length: number
  readonly entries: Waiting[]
}

const SEND_FLAGS = MSG.DONTWAIT | MSG.NOSIGNAL

/**
 * send(2) that neither waits nor signals. It is called for no bytes as well: a socket whose peer has
 * reset it answers by its error.
 *
 * @returns how many bytes were taken, or a negative error number; what cannot be taken now is 0 bytes
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
 * Sends what waits, until the system takes no more. Who waits for a write is told in a later tick.
 *
 * @returns 0, or a negative error number. All is gone where `entries` is empty then
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
 * The error of a socket that is used after its end, with the code that Node gives it.
 *
 * @param message what was tried
 */
export const misuse = (
  code: 'ERR_STREAM_DESTROYED' | 'ERR_STREAM_WRITE_AFTER_END',
  message: string,
): Error =>
  // The names of Node's codes are not ours to list, so it is set beside `fail`.
  Object.assign(fail('ERR_BUG', message), { code })

/** Discards what waits, and reports that to whoever waits for it. */
export const failQueue = ({ entries }: WriteQueue, error: Error | undefined): void => {
  const reason = error ?? misuse('ERR_STREAM_DESTROYED', 'the socket was destroyed before it wrote')
  for (const { done } of entries.splice(0)) done?.(reason)
}
