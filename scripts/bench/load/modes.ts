/** The first byte of a connection tells the origin what to do with it. */
export const MODE = {
  /** Send every byte back, this one too. */
  PING: 0x50,
  /** Send zeros until another byte comes, then close. */
  SOURCE: 0x53,
  /** Take all that comes; close at its end. */
  SINK: 0x4b,
  /** Tell what was counted at this port as a line of JSON, and close. */
  COUNT: 0x43,
} as const

/** Bytes of one send of bulk. */
export const CHUNK_BYTES = 256 * 1024

/** Bytes that one recv of bulk takes at most. */
export const GULP_BYTES = 1024 * 1024

/** Linux: bytes of a TCP stream are thrown away, not copied (tcp(7)). */
export const MSG_TRUNC = 0x20
