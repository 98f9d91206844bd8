import type { Clock } from '../core/clock.ts'
import { ignoreErrors } from '../core/ignore-errors.ts'
import { encodeLoginStatus, encodeRefusal } from '../wire/socks5/encode.ts'
import { createHandshake } from '../wire/socks5/handshake.ts'
import { replyCode } from '../wire/socks5/reply-code.ts'
import type { FailureReply, HandshakeOutput } from '../wire/socks5/types.ts'
import { sayFarewell } from './farewell.ts'
import type { Greeting, Greetings } from './greeting-types.ts'
import type { LiveSessions } from './live-sessions.ts'
import { createLiveSession } from './live-sessions.ts'
import type { Farewell } from './session-types.ts'

/**
 * How many clients may greet at a time, where there are descriptors enough; those that still have to read
 * their answer are counted. For one more the oldest has to go.
 */
export const GREETINGS_MAX = 4

/** From accept to the end. */
export const GREETING_TIMEOUT_MS = 2000

/**
 * A healthcheck greets from the host itself: it must be answered also where `clients` leaves the host out,
 * or where all connections are in use. Such a client takes no place of those that are admitted; there are
 * few at a time, and for a short time.
 *
 * @param sessions lists them, so that a drain waits for them, and ends them
 * @param max how many may greet at a time, 1 or more
 */
export const createGreetings = (
  clock: Clock,
  sessions: LiveSessions,
  max: number = GREETINGS_MAX,
): Greetings => {
  /** What makes each of them give way to a newer one, the oldest first; none whose socket is closed. */
  const open = new Set<() => void>()

  const add = ({ accepted, requireLogin, outcome, onOver }: Greeting): void => {
    const { socket, transport } = accepted
    const reply = replyCode(outcome)
    const handshake = createHandshake({ requireLogin })
    let isOver = false

    const finish = (probe: boolean, farewell: Farewell, sent?: FailureReply): void => {
      if (isOver) return
      isOver = true
      cancel()
      onOver(probe, sent)
      socket.off('data', onData)
      sayFarewell(socket, transport, farewell, clock)
    }
    const refuse = (answer: Uint8Array, sent?: FailureReply): void =>
      finish(false, { answer }, sent)
    const leave = (): void => finish(handshake.probe(), 'close')
    // Whether it would have asked only for health is not known.
    const giveWay = (): void => {
      finish(false, 'close')
      socket.destroy()
    }

    const perform = (output: HandshakeOutput): void => {
      switch (output.type) {
        case 'send':
          socket.write(output.bytes)
          break
        case 'verify':
          // Right or wrong, it is no use: nobody has to find out.
          refuse(encodeLoginStatus(false))
          break
        case 'request':
          refuse(encodeRefusal(reply), reply)
          break
        case 'refuse':
          refuse(output.bytes, output.reply)
      }
    }

    const onData = (chunk: Uint8Array): void => {
      for (const output of handshake.receive(chunk)) if (!isOver) perform(output)
    }

    const live = createLiveSession(() => {
      leave()
      socket.destroy()
    })
    sessions.add(live)
    const cancel = clock.after(GREETING_TIMEOUT_MS, leave)
    open.add(giveWay)
    ignoreErrors(socket)
    socket
      .on('data', onData)
      .on('end', leave)
      .on('close', () => {
        leave()
        open.delete(giveWay)
        sessions.delete(live)
      })
    const [oldest] = open
    if (open.size > max && oldest) {
      // Its descriptor is closed within the call, its event comes later.
      open.delete(oldest)
      oldest()
    }
    socket.resume()
  }

  return { add }
}
