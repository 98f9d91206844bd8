import type { Clock } from '../core/clock.ts'
import type { FailureOutcome } from '../core/judge.ts'
import { ignoreErrors } from '../core/stream-socket.ts'
import { encodeLoginStatus, encodeRefusal, replyCode } from '../wire/socks5/encode.ts'
import { createHandshake } from '../wire/socks5/handshake.ts'
import type { FailureReply, HandshakeOutput } from '../wire/socks5/wire.ts'
import type { Accepted } from './accepted.ts'
import type { Closing } from './close-client.ts'
import { closeClient } from './close-client.ts'
import type { LiveSessions } from './live-sessions.ts'
import { createLiveSession } from './live-sessions.ts'

/** A refused client on this host, which may still be a healthcheck that sends a SOCKS greeting. */
type Greeting = {
  readonly accepted: Accepted
  /** Whether the listener requires a login; the answer to the greeting depends on it. */
  readonly requireLogin: boolean
  /** Why the client is refused; determines the reply to a request. */
  readonly outcome: FailureOutcome
  /**
   * Called once, at the end of the connection.
   *
   * @param probe true if the client sent no more than a greeting (RFC 1928 section 3)
   * @param reply the SOCKS reply code, if one was sent
   */
  readonly onOver: (probe: boolean, reply?: number) => void
}

/** Answers the SOCKS greetings of refused clients, and refuses everything else that they send. */
export type Greetings = {
  readonly add: (greeting: Greeting) => void
}

/**
 * Maximum number of refused clients that are served at a time, given enough descriptors, including those
 * that still have to read their answer. A new one closes the oldest.
 */
export const GREETINGS_MAX = 4

/** Timeout in milliseconds, from accept. */
export const GREETING_TIMEOUT_MS = 2000

/**
 * Answers healthchecks from this host even if `clients` excludes the host, or if all connections are in
 * use. These connections do not count as admitted; their number and duration are small.
 *
 * @param sessions the connections are listed here, so that a drain waits for them and ends them
 * @param max maximum number of these connections at a time, 1 or more
 */
export const createGreetings = (
  clock: Clock,
  sessions: LiveSessions,
  max: number = GREETINGS_MAX,
): Greetings => {
  /**
   * Functions that close a connection for a newer one, oldest first. Connections with a closed socket are
   * not listed.
   */
  const open = new Set<() => void>()

  const add = ({ accepted, requireLogin, outcome, onOver }: Greeting): void => {
    const { socket, transport } = accepted
    const reply = replyCode(outcome)
    const handshake = createHandshake({ requireLogin })
    let isOver = false

    const finish = (probe: boolean, closing: Closing, sent?: FailureReply): void => {
      if (isOver) return
      isOver = true
      cancel()
      onOver(probe, sent)
      socket.off('data', onData)
      closeClient(socket, transport, closing, clock)
    }
    const refuse = (answer: Uint8Array, sent?: FailureReply): void =>
      finish(false, { answer }, sent)
    const leave = (): void => finish(handshake.probe(), 'close')
    // The client might have sent more than a greeting, so it is not counted as a probe.
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
          // The client is refused in any case, so the password is not checked.
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
      // `giveWay` closes the descriptor at once but `close` is emitted later, so the entry is removed here.
      open.delete(oldest)
      oldest()
    }
    socket.resume()
  }

  return { add }
}
