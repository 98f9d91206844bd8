import type { ByteReader } from '../../../core/byte-reader.ts'
import { createByteReader } from '../../../core/byte-reader.ts'
import type { StreamSocket } from '../../../core/stream-socket.ts'
import type { HeadDecoder } from '../../../wire/http/decode-head.ts'
import { createHeadDecoder } from '../../../wire/http/decode-head.ts'
import type { RequestHead } from '../../../wire/http/wire.ts'
import { createEarlyData } from '../../early-data.ts'
import type { FirstRequest } from '../../protocol-types.ts'

const CR = 0x0d
const LF = 0x0a

export type ClientInputHooks = {
  /** The first byte of the next head has arrived. */
  readonly onBegin: () => void
  /** A head is complete. Nothing more is read until `feed` or `nextHead`. */
  readonly onHead: (head: RequestHead) => void
  /** The client has sent FIN, and no whole head is left. */
  readonly onNoHead: () => void
  /** The head is invalid: an error of the decoder. Nothing more is read. */
  readonly onFault: (error: unknown) => void
  /** Passes bytes to `node:http`; returns false if it wants no more for now. */
  readonly push: (bytes: Uint8Array) => boolean
  /** The client has sent FIN, all of its bytes are passed on, and the current body may be incomplete. */
  readonly onBodyEnd: () => void
}

/**
 * The bytes of a client that sends one request after the other. eyeballd decodes each head; the body goes to
 * `node:http`. The next request waits until the current one is over, so that a client that sends thousands
 * at once holds no more than 64 KiB here. Meanwhile bytes are read, because a socket that is not read does
 * not report that its client has left.
 */
export type ClientInput = {
  readonly receive: (bytes: Uint8Array) => void
  /** The client has sent FIN. */
  readonly end: () => void
  /** `node:http` wants more of the body. */
  readonly wanted: () => void
  /**
   * Passes on the head that `node:http` gets, and the body.
   *
   * @param length of the body; Infinity: all bytes from here on
   */
  readonly feed: (innerHead: Uint8Array, length: number) => void
  /** Reads the next head. @param isLast whether the client has sent FIN */
  readonly nextHead: (isLast: boolean) => void
  /**
   * Bytes of all requests so far: of whole heads, with the empty lines in front of them, and of what was
   * passed on of the bodies.
   */
  readonly taken: () => number
  /** Whether no byte waits, and no head has begun. */
  readonly isEmpty: () => boolean
  /** Discards all bytes, and reads nothing more. */
  readonly stop: () => void
}

/**
 * @param socket is paused and resumed here
 * @param first the head that was decoded already, and what the client sent after it
 */
export const createClientInput = (
  socket: Pick<StreamSocket, 'pause' | 'resume'>,
  first: Pick<FirstRequest, 'head' | 'rest'>,
  { onBegin, onHead, onNoHead, onFault, push, onBodyEnd }: ClientInputHooks,
): ClientInput => {
  const held = createEarlyData()
  held.push(first.rest)
  let mode: 'wait' | 'head' | 'body' | 'stopped' = 'wait'
  let begun: { readonly reader: ByteReader; readonly decoder: HeadDecoder } | null = null
  /** Bytes of the next head so far, and of the empty lines in front of it. */
  let begunSize = 0
  let isWanted = true
  let taken = first.head.bytes.length
  let isPaused = false
  let hasEnded = false
  /** Bytes of the body that are still to come. */
  let left = 0
  let isAdvancing = false
  let isAgain = false

  /** RFC 9112 section 2.2: empty lines in front of a request line are ignored. */
  const withoutEmptyLines = (bytes: Uint8Array): Uint8Array => {
    const start = bytes.findIndex(byte => byte !== CR && byte !== LF)
    return start < 0 ? bytes.subarray(bytes.length) : bytes.subarray(start)
  }

  const readHead = (): void => {
    const all = held.take()
    const bytes = begun ? all : withoutEmptyLines(all)
    begunSize += all.length
    if (bytes.length === 0) return hasEnded ? onNoHead() : undefined
    if (!begun) {
      begun = { reader: createByteReader(), decoder: createHeadDecoder() }
      onBegin()
    }
    const { reader, decoder } = begun
    reader.append(bytes)
    let head: RequestHead | undefined
    try {
      head = decoder.decode(reader)
    } catch (error) {
      mode = 'stopped'
      return onFault(error)
    }
    if (!head) return hasEnded ? onNoHead() : undefined
    const rest = reader.rest()
    taken += begunSize - rest.length
    begunSize = 0
    begun = null
    mode = 'wait'
    held.push(rest)
    onHead(head)
  }

  const isBody = (): boolean => mode === 'body'

  const readBody = (): void => {
    while (isBody() && isWanted && left > 0 && held.size() > 0) {
      const bytes = held.take()
      const next = bytes.length > left ? bytes.subarray(0, left) : bytes
      held.push(bytes.subarray(next.length))
      left -= next.length
      taken += next.length
      isWanted = push(next)
    }
    if (!isBody() || !hasEnded || !isWanted || left === 0) return
    left = 0
    onBodyEnd()
  }

  const step = (): void => {
    if (mode === 'head') readHead()
    else if (mode === 'body') readBody()
    if (!isPaused || held.full()) return
    isPaused = false
    socket.resume()
  }

  /** The hooks may call back. */
  const advance = (): void => {
    isAgain = true
    if (isAdvancing) return
    isAdvancing = true
    while (isAgain) {
      isAgain = false
      step()
    }
    isAdvancing = false
  }

  return {
    receive: bytes => {
      if (mode === 'stopped') return
      held.push(bytes)
      advance()
      if (isPaused || !held.full()) return
      isPaused = true
      socket.pause()
    },
    end: () => {
      hasEnded = true
      advance()
    },
    wanted: () => {
      isWanted = true
      advance()
    },
    feed: (innerHead, length) => {
      mode = 'body'
      left = length
      isWanted = push(innerHead)
      advance()
    },
    nextHead: isLast => {
      if (mode === 'stopped') return
      if (isLast) hasEnded = true
      mode = 'head'
      advance()
    },
    taken: () => taken,
    isEmpty: () => held.size() === 0 && !begun,
    stop: () => {
      mode = 'stopped'
      held.take()
      begun = null
    },
  }
}
