/**
 * What all TCP sockets of ours have in common, accepted or connected.
 *
 * - allowHalfOpen: a FIN of one side leaves the other direction open.
 * - noDelay: bytes go out as they come in; whoever wrote them has gathered them already.
 * - highWaterMark: bytes that a socket reads ahead, and queues, before it asks its other side to wait.
 *   What is read at once is 64 KiB, so less would pause after every read. Over loopback, 16 KiB to 1 MiB
 *   moved the same on Node 20; on Node 26 256 KiB moved a tenth more, but slow readers hold all of it.
 */
export const SOCKET_OPTIONS = {
  allowHalfOpen: true,
  noDelay: true,
  highWaterMark: 64 * 1024,
} as const
