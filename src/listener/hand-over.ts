import type { StreamSocket } from '../core/stream-socket.ts'
import type { PipeOptions, PipeResult } from '../pipe/types.ts'
import type { SessionState } from './session-state.ts'
import { finish, nothingMoved, tellClose } from './session-state.ts'

/**
 * Gives the client and its target to the pipe. Both sockets are the pipe's from this call on: it
 * reads, writes and destroys them, and the session only waits for its result.
 *
 * @param sentBytes how much of the early data the target has had already
 */
export const handOver = (state: SessionState, upstream: StreamSocket, sentBytes = 0): void => {
  const { accepted, parts, early, onData, onEnd, onClose } = state
  const client = accepted.socket
  const { idleTimeoutMs, halfCloseTimeoutMs } = parts.waits
  const options: { -readonly [Key in keyof PipeOptions]: PipeOptions[Key] } = {
    idleTimeoutMs,
    halfCloseTimeoutMs,
  }
  if (early && early.size() > sentBytes) options.early = early.take().subarray(sentBytes)
  if (sentBytes > 0) options.sentBytes = sentBytes
  if (state.clientEnded) options.clientEnded = true
  client.off('data', onData).off('end', onEnd).off('close', onClose)
  client.pause()
  state.phase = 'pipe'
  // A pipe may last for days: what the handshake and the race needed is not kept for it.
  state.early = null
  state.onEarly = null
  state.protocol = null
  state.ending = null
  const onPiped = (result: PipeResult): void => {
    tellClose(state, result)
    finish(state)
  }
  try {
    state.endPipe = parts.join(client, upstream, options, onPiped)
  } catch {
    client.destroy()
    upstream.destroy()
    onPiped(nothingMoved('error'))
  }
}
