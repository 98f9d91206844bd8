import type { Confirm } from '../eyeballs/types.ts'
import { createHelloReader } from '../wire/tls/client-hello.ts'
import type { EarlyData } from './early-data.ts'
import type { SessionState } from './session-state.ts'
import type { Protocol } from './session-types.ts'

/**
 * The client's part in a race that is to be confirmed: a client speaks TLS only once it believes
 * itself connected, so it is told of the provisional winner; then its early data is watched until it
 * is a whole ClientHello, or can never be one. The early data stays where it is; how much of it the
 * target has had is known when the race is over.
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
      // An end cuts a hello short for good; else there is nothing new below the size asked for.
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
