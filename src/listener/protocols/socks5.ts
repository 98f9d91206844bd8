import type { VerifyLogin } from '../../auth/create-verify-login.ts'
import type { Clock } from '../../core/clock.ts'
import { encodeRefusal, encodeReply, replyCode } from '../../wire/socks5/encode.ts'
import { createHandshake } from '../../wire/socks5/handshake.ts'
import type { HandshakeOutput } from '../../wire/socks5/wire.ts'
import { REPLY } from '../../wire/socks5/wire.ts'
import type { CreateProtocol } from '../protocol-types.ts'
import type { Waits } from '../session-types.ts'
import { createLoginCheck, WRONG_LOGIN } from './login-check.ts'

export type Socks5Options = {
  readonly clock: Clock
  /** Checks logins; null if no login is required. */
  readonly verify: VerifyLogin | null
  readonly waits: Pick<Waits, 'authFailureDelayMs' | 'handshakeTimeoutMs'>
}

/**
 * SOCKS5 (RFC 1928) without login or with RFC 1929, CONNECT only. It connects the codec to socket, verifier
 * and timers. The reply follows the race, because it contains the address of the connection (RFC 1928
 * section 6).
 */
export const createSocks5 =
  ({ clock, verify, waits }: Socks5Options): CreateProtocol =>
  session => {
    const handshake = createHandshake({ requireLogin: verify !== null })
    let stopped = false

    const onLogin = (ok: boolean, unchecked?: string): void => {
      perform(handshake.verified(ok, unchecked))
      if (!stopped && session.clientEnded()) leave()
    }

    const check = verify && createLoginCheck({ clock, verify, waits }, session, onLogin)

    const perform = (outputs: readonly HandshakeOutput[]): void => {
      for (const output of outputs) {
        switch (output.type) {
          case 'send':
            session.send(output.bytes)
            break
          case 'verify':
            check?.begin(output.login)
            break
          case 'request':
            session.request([output.target], handshake.rest())
            break
          case 'refuse': {
            const { bytes, reason, message, reply } = output
            const sent = reply === undefined ? {} : { reply }
            session.reject({ reason, message, closing: { answer: bytes }, ...sent })
          }
        }
      }
    }

    const gone = (
      why: 'left' | 'timeout',
    ): { reason: 'protocol' | 'auth' | 'timeout'; message: string } => {
      if (check?.hasFailed() === true) return { reason: 'auth', message: WRONG_LOGIN }
      const waiting = `while the ${handshake.stage() ?? 'request'} was awaited`
      return why === 'left'
        ? { reason: 'protocol', message: `the client left ${waiting}` }
        : {
            reason: 'timeout',
            message: `no whole request within ${waits.handshakeTimeoutMs} ms: ${waiting}`,
          }
    }

    const leave = (): void => session.reject({ ...gone('left'), closing: 'close' })

    return {
      begin: () => {},
      receive: bytes => {
        perform(handshake.receive(bytes))
        // A full buffer holds a whole request; the race or the refusal resumes reading.
        if (!stopped && handshake.full()) session.pause()
      },
      ended: () => {
        // After a FIN, a client without a pipelined request cannot send one, so it leaves the queue.
        const isIdle = check?.isQueued() === true && !handshake.pipelined()
        if (check?.isPending() !== true || isIdle) leave()
      },
      gone,
      probe: handshake.probe,
      stop: () => {
        stopped = true
        check?.stop()
      },
      finEndsRace: true,
      success: local => ({
        bytes: encodeReply(REPLY.succeeded, local),
        reply: REPLY.succeeded,
      }),
      failure: ({ outcome }) => {
        const reply = replyCode(outcome)
        return { closing: { answer: encodeRefusal(reply) }, reply }
      },
    }
  }
