import type { VerifyLogin } from '../../auth/create-verify-login.ts'
import { createByteReader } from '../../core/byte-reader.ts'
import type { HostPort } from '../../core/host-port.ts'
import type { UncheckedLogin } from '../../core/login.ts'
import { readBasicCredentials } from '../../wire/http/basic-credentials.ts'
import { createHeadDecoder } from '../../wire/http/decode-head.ts'
import { encodeConnected } from '../../wire/http/encode-answer.ts'
import { answerFailure, refuseHttpFault } from '../../wire/http/refusal.ts'
import { readRequestTarget } from '../../wire/http/request-target.ts'
import type { RequestHead } from '../../wire/http/wire.ts'
import type { EarlyData } from '../early-data.ts'
import { createEarlyData } from '../early-data.ts'
import type { ClientFailure, CreateProtocol, Protocol, Rejection } from '../protocol-types.ts'
import type { ProtocolParts } from '../session-types.ts'
import type { LoginRefusal } from './http/login-refusal.ts'
import { refuseHttpLogin } from './http/login-refusal.ts'
import type { LoginCheck } from './login-check.ts'
import { createLoginCheck, WRONG_LOGIN } from './login-check.ts'
import { wentAway } from './went-away.ts'

export type HttpOptions = {
  readonly parts: ProtocolParts
  /** Checks logins; null if no login is required. */
  readonly verify: VerifyLogin | null
  readonly handshakeTimeoutMs: number
}

/** A CONNECT whose login is being checked. */
type PendingTunnel = {
  readonly target: HostPort
  /** What the client sends behind its head. */
  readonly early: EarlyData
  readonly check: LoginCheck
}

/** The status of a success. */
const CONNECTED = 200

/**
 * HTTP proxying: CONNECT (RFC 9110 section 9.3.6) with the login of RFC 7617. The response follows the race,
 * because it contains the address of the target (RFC 9209 section 2.1.2).
 */
export const createHttp =
  ({ parts, verify, handshakeTimeoutMs }: HttpOptions): CreateProtocol =>
  session => {
    const reader = createByteReader()
    const { decode } = createHeadDecoder()
    let pending: PendingTunnel | null = null

    const refuse = ({ answer, status, reason, message }: LoginRefusal): void =>
      session.reject({ reason, message, closing: { answer }, reply: status })

    const failure = (failed: ClientFailure): Pick<Rejection, 'closing' | 'reply'> => {
      const { answer, status } = answerFailure(failed, session.isLocal)
      return { closing: { answer }, reply: status }
    }

    const onLogin = (ok: boolean, unchecked?: UncheckedLogin): void => {
      if (ok && pending) return session.request([pending.target], pending.early.take())
      refuse(refuseHttpLogin(unchecked, session.isLocal))
    }

    const keepEarly = ({ early }: PendingTunnel, bytes: Uint8Array): void => {
      early.push(bytes)
      if (early.full()) session.pause()
    }

    const onHead = (head: RequestHead): void => {
      const asked = readRequestTarget(head)
      if (asked.type === 'forward') {
        return session.forward({ head, asked, rest: reader.rest() }, verify)
      }
      const { target } = asked
      if (!verify) return session.request([target], reader.rest())
      const login = readBasicCredentials(head)
      const check = createLoginCheck(verify, parts, session, onLogin)
      pending = { target, early: createEarlyData(), check }
      keepEarly(pending, reader.rest())
      check.begin(login)
    }

    const onHeadBytes = (bytes: Uint8Array): void => {
      reader.append(bytes)
      try {
        const head = decode(reader)
        if (head) onHead(head)
      } catch (error) {
        refuse(refuseHttpFault(error))
      }
    }

    const gone: Protocol['gone'] = why =>
      pending?.check.hasFailed() === true
        ? { reason: 'auth', message: WRONG_LOGIN }
        : wentAway(why, pending ? 'verification' : 'request', handshakeTimeoutMs)

    return {
      begin: () => {},
      receive: bytes => {
        if (pending) keepEarly(pending, bytes)
        else onHeadBytes(bytes)
      },
      ended: () => {
        // After a FIN, a client without early data has nothing to tunnel, so it leaves the queue.
        const isIdle = pending?.check.isQueued() === true && pending.early.size() === 0
        if (pending?.check.isPending() === true && !isIdle) return
        session.reject({ ...gone('left'), closing: 'close' })
      },
      gone,
      // A session speaks HTTP from its first byte on, so it is no check whether the listener answers.
      probe: () => false,
      stop: () => pending?.check.stop(),
      finEndsRace: true,
      success: (_local, { address, port }) => ({
        bytes: encodeConnected({ host: address, port }),
        reply: CONNECTED,
      }),
      failure,
    }
  }
