import type { Confirm } from '../eyeballs/types.ts'
import { createHelloReader } from '../wire/tls/client-hello.ts'
import type { EarlyData } from './early-data.ts'
import type { SessionState } from './session-state.ts'
import type { Protocol } from './session-types.ts'

/**
 * Creates the client's side of a race with `confirm: tls`. A client sends its ClientHello only after a
 * reply, so it gets the reply for the provisional winner. Early data is then checked until it holds a whole
 * ClientHello or cannot become one; it stays buffered, because only the end of the race determines how much
 * of it the target has received.
 */
export const confirmRace =
  (state: SessionState, protocol: Protocol, early: EarlyData): Confirm =>
  ({ local }, settle) => {
    const { socket } = state.accepted
    if (socket.destroyed) return
    state.answered = protocol.success(local)
    if (state.answered) socket.write(state.answered.bytes)
    const read = createHelloReader()
    let size = 0

    const look = (): void => {
      // After a FIN the ClientHello stays incomplete; without one, nothing changes until `size` bytes have arrived.
      if (early.size() < size && !state.clientEnded) return
      const bytes = early.peek()
      const reading = read(bytes)
      if (reading.type === 'more' && !state.clientEnded) {
        size = reading.size
        return
      }
      state.onEarly = null
      settle(reading.type === 'hello' ? bytes : null)
    }

    state.onEarly = look
    look()
  }
