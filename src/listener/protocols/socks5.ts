import type { VerifyLogin } from '../../auth/create-verify-login.ts'
import type { UncheckedLogin } from '../../core/login.ts'
import { encodeRefusal, encodeReply, replyCode } from '../../wire/socks5/encode.ts'
import { createHandshake } from '../../wire/socks5/handshake.ts'
import type { HandshakeOutput } from '../../wire/socks5/wire.ts'
import { REPLY } from '../../wire/socks5/wire.ts'
import type { CreateProtocol, Protocol } from '../protocol-types.ts'
import type { ProtocolParts } from '../session-types.ts'
import type { LoginCheck } from './login-check.ts'
import { createLoginCheck, WRONG_LOGIN } from './login-check.ts'
import { wentAway } from './went-away.ts'

export type Socks5Options = {
  readonly parts: ProtocolParts
  /** Checks logins; null if no login is required. */
  readonly verify: VerifyLogin | null
  readonly handshakeTimeoutMs: number
}

const doNothing = (): void => {}
const success: Protocol['success'] = local => ({
  bytes: encodeReply(REPLY.succeeded, local),
  reply: REPLY.succeeded,
})
const failure: Protocol['failure'] = ({ outcome }) => {
  const reply = replyCode(outcome)
  return { closing: { answer: encodeRefusal(reply) }, reply }
}

/**
 * SOCKS5 (RFC 1928) without login or with RFC 1929, CONNECT only. It connects the codec to socket, verifier
 * and timers. The reply follows the race, because it contains the address of the connection (RFC 1928
 * section 6).
 */
export const createSocks5 =
  ({ parts, verify, handshakeTimeoutMs }: Socks5Options): CreateProtocol =>
  session => {
    const handshake = createHandshake({ requireLogin: verify !== null })
    /** Created for the first login. */
    let check: LoginCheck | null = null
    let stopped = false

    const onLogin = (ok: boolean, unchecked?: UncheckedLogin): void => {
      perform(handshake.verified(ok, unchecked))
      if (!stopped && session.clientEnded()) leave()
    }

    const perform = (outputs: readonly HandshakeOutput[]): void => {
      for (const output of outputs) {
        switch (output.type) {
          case 'send':
            session.send(output.bytes)
            break
          case 'verify':
            if (verify) check ??= createLoginCheck(verify, parts, session, onLogin)
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

    const gone: Protocol['gone'] = why =>
      check?.hasFailed() === true
        ? { reason: 'auth', message: WRONG_LOGIN }
        : wentAway(why, handshake.stage() ?? 'request', handshakeTimeoutMs)

    const leave = (): void => session.reject({ ...gone('left'), closing: 'close' })

    return {
      begin: doNothing,
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
      success,
      failure,
    }
  }
