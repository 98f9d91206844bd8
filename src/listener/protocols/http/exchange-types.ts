import type { HttpRefusal } from '../../../wire/http/refusal.ts'

/** The client's connection as an exchange sees it. The exchange is over before each call. */
export type ExchangeClient = {
  /** Writes an interim response. */
  readonly write: (bytes: Uint8Array) => void
  /** Whether this response is the last on the connection. */
  readonly isLast: () => boolean
  /** The response is complete. */
  readonly done: () => void
  /** There was no connection to the target. */
  readonly unopened: (answer: Pick<HttpRefusal, 'answer' | 'status'> | null) => void
  /** The target did not send a usable response, and nothing was sent to the client. */
  readonly refuse: (failure: ExchangeFailure) => void
  /**
   * The response broke off.
   *
   * @param isDelimited whether the client can see from the bytes alone that the response is incomplete
   */
  readonly breakOff: (isDelimited: boolean) => void
}

/** Why there is no response; `stalled`: the client stopped in the middle of its body. */
export type ExchangeFailure = 'terminated' | 'protocol' | 'timeout' | 'request' | 'stalled'

/** A request on its way, from its head to the end of its response. */
export type Exchange = {
  /** Whether the target got the request, or a part of it. */
  readonly isSent: () => boolean
  /** The status of the response that the client got; null if none was begun. */
  readonly status: () => number | null
  /** Whether the client's body has not ended yet. */
  readonly isUploading: () => boolean
  /** Nothing has moved for too long. */
  readonly timeOut: () => void
  /** The client has left, or its request turned out to be invalid: ends everything but the client's connection. */
  readonly abort: () => void
}
