import type { VerifyLogin } from '../../auth/create-verify-login.ts'
import type { Clock } from '../../core/clock.ts'
import type { CreateProtocol } from '../protocol-types.ts'
import type { Waits } from '../session-types.ts'

export type HttpOptions = {
  readonly clock: Clock
  /** Checks logins; null if no login is required. */
  readonly verify: VerifyLogin | null
  readonly waits: Pick<Waits, 'authFailureDelayMs' | 'handshakeTimeoutMs'>
}

const ANSWER = Uint8Array.from(
  'HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  character => character.charCodeAt(0),
)

/** HTTP proxying (RFC 9110 sections 7.6 and 9.3.6). */
export const createHttp =
  (_options: HttpOptions): CreateProtocol =>
  session => ({
    begin: () => {},
    receive: () =>
      session.reject({
        reason: 'protocol',
        message: 'HTTP is not served yet',
        closing: { answer: ANSWER },
        reply: 501,
      }),
    ended: () => {},
    gone: () => ({ reason: 'protocol', message: 'the client left' }),
    probe: () => false,
    stop: () => {},
    finEndsRace: true,
    success: () => null,
    failure: () => ({ closing: { answer: ANSWER }, reply: 501 }),
  })
