/**
 * Options of all TCP sockets, accepted or connected.
 *
 * - allowHalfOpen: a FIN of one side leaves the other direction open.
 * - noDelay: writes are sent at once; the writer has already gathered the bytes.
 * - highWaterMark: bytes that a socket reads ahead, and queues, before backpressure. One read is 64 KiB, so
 *   a lower mark would pause after every read. Over loopback, 16 KiB to 1 MiB performed the same on Node
 *   20; on Node 26 256 KiB moved a tenth more, but slow readers hold all of it.
 */
export const SOCKET_OPTIONS = {
  allowHalfOpen: true,
  noDelay: true,
  highWaterMark: 64 * 1024,
} as const
