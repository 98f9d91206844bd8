import type { VerifyLogin } from '../../auth/create-verify-login.ts'
import { createByteReader } from '../../core/byte-reader.ts'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'
import type { HostPort } from '../../core/host-port.ts'
import { readBasicCredentials } from '../../wire/http/basic-credentials.ts'
import { createHeadDecoder } from '../../wire/http/decode-head.ts'
import { encodeConnected } from '../../wire/http/encode-answer.ts'
import { answerFailure, refuseHttpFault } from '../../wire/http/refusal.ts'
import { readRequestTarget } from '../../wire/http/request-target.ts'
import type { RequestHead } from '../../wire/http/wire.ts'
import { createEarlyData } from '../early-data.ts'
import type { ClientFailure, CreateProtocol, Rejection } from '../protocol-types.ts'
import type { Waits } from '../session-types.ts'
import { createLoginCheck, WRONG_LOGIN } from './login-check.ts'

export type HttpOptions = {
  readonly clock: Clock
  /** Checks logins; null if no login is required. */
  readonly verify: VerifyLogin | null
  readonly waits: Pick<Waits, 'authFailureDelayMs' | 'handshakeTimeoutMs'>
}

/** The status of a success. */
const CONNECTED = 200

/**
 * HTTP proxying: CONNECT (RFC 9110 section 9.3.6) with the login of RFC 7617. The response follows the race,
 * because it contains the address of the target (RFC 9209 section 2.1.2).
 */
export const createHttp =
  ({ clock, verify, waits }: HttpOptions): CreateProtocol =>
  session => {
    const reader = createByteReader()
    const { decode } = createHeadDecoder()
    /** What the client sends behind its head while the login is checked. */
    const early = createEarlyData()
    /** What CONNECT asked for; null until its head is complete. */
    let target: HostPort | null = null

    const refuse = (error: unknown): void => {
      const { answer, status, reason, message } = refuseHttpFault(error)
      session.reject({ reason, message, closing: { answer }, reply: status })
    }

    const failure = (failed: ClientFailure): Pick<Rejection, 'closing' | 'reply'> => {
      const { answer, status } = answerFailure(failed, session.isLocal())
      return { closing: { answer }, reply: status }
    }

    const onLogin = (ok: boolean, unchecked?: string): void => {
      if (ok && target) return session.request([target], early.take())
      if (unchecked === undefined) {
        return refuse(fail('ERR_HTTP_AUTH', WRONG_LOGIN, { status: 407 }))
      }
      const failed = { outcome: 'limit', code: 'ERR_LIMIT', message: unchecked } as const
      session.reject({ reason: 'limit', message: unchecked, ...failure(failed) })
    }

    const check = verify && createLoginCheck({ clock, verify, waits }, session, onLogin)

    const onHead = (head: RequestHead): void => {
      const request = readRequestTarget(head)
      if (request.type === 'forward') return session.forward({ head, rest: reader.rest() }, verify)
      const login = check && readBasicCredentials(head)
      target = request.target
      if (!check || !login) return session.request([target], reader.rest())
      early.push(reader.rest())
      if (early.full()) session.pause()
      check.begin(login)
    }

    const onHeadBytes = (bytes: Uint8Array): void => {
      reader.append(bytes)
      try {
        const head = decode(reader)
        if (head) onHead(head)
      } catch (error) {
        refuse(error)
      }
    }

    const gone = (why: 'left' | 'timeout'): Pick<Rejection, 'reason' | 'message'> => {
      if (check?.hasFailed() === true) return { reason: 'auth', message: WRONG_LOGIN }
      const waiting = `while the ${target ? 'verification' : 'request'} was awaited`
      return why === 'left'
        ? { reason: 'protocol', message: `the client left ${waiting}` }
        : {
            reason: 'timeout',
            message: `no whole request within ${waits.handshakeTimeoutMs} ms: ${waiting}`,
          }
    }

    return {
      begin: () => {},
      receive: bytes => {
        if (!target) return onHeadBytes(bytes)
        early.push(bytes)
        if (early.full()) session.pause()
      },
      ended: () => {
        // After a FIN, a client without early data has nothing to tunnel, so it leaves the queue.
        const isIdle = check?.isQueued() === true && early.size() === 0
        if (check?.isPending() === true && !isIdle) return
        session.reject({ ...gone('left'), closing: 'close' })
      },
      gone,
      // A session speaks HTTP from its first byte on, so it is no check whether the listener answers.
      probe: () => false,
      stop: () => check?.stop(),
      finEndsRace: true,
      success: (_local, { address, port }) => ({
        bytes: encodeConnected({ host: address, port }),
        reply: CONNECTED,
      }),
      failure,
    }
  }
