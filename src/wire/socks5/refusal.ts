import type { UncheckedLogin } from '../../core/login.ts'
import { hexByte } from './decode.ts'
import { encodeLoginStatus, encodeMethodSelection, encodeRefusal } from './encode.ts'
import type { HandshakeStage, Refusal, SocksFault } from './wire.ts'
import { METHOD, REPLY } from './wire.ts'

const NOTHING = new Uint8Array(0)

/** The most offered methods that a message lists. */
const LISTED_MAX = 8

/** Refuses a client that does not offer the required method (`05 FF`, then close; RFC 1928 section 3). */
export const refuseMethods = (methods: Uint8Array, requireLogin: boolean): Refusal => {
  const listed = Array.from(methods.subarray(0, LISTED_MAX), hexByte).join(' ')
  const offered = methods.length === 0 ? 'no method' : `only ${listed}`
  const more = methods.length > LISTED_MAX ? ` and ${methods.length - LISTED_MAX} more` : ''
  const needed = requireLogin ? '0x02 (user and password)' : '0x00 (no login)'
  return {
    bytes: encodeMethodSelection(METHOD.none),
    reason: 'auth',
    message: `the greeting offers ${offered}${more}: ${needed} is needed`,
  }
}

/**
 * Refuses an invalid login (`01 01`, then close; RFC 1929 section 2). The message does not say whether user
 * or password was wrong.
 *
 * @param unchecked why the login was not checked, if it was not
 */
export const refuseLogin = (unchecked?: UncheckedLogin): Refusal => ({
  bytes: encodeLoginStatus(false),
  reason: unchecked?.code ?? 'auth',
  message: unchecked?.message ?? 'unknown user or wrong password',
})

/**
 * Refuses a client whose bytes a decoder has rejected.
 *
 * @param stage the message that was being decoded
 * @throws the error itself, if no SOCKS decoder threw it
 */
export const refuseFault = (error: unknown, stage: HandshakeStage): Refusal => {
  if (!isFault(error)) throw error
  const { message } = error
  switch (stage) {
    // No reply would mean anything to a client that does not speak SOCKS5.
    case 'greeting':
      return { bytes: NOTHING, reason: 'version', message }
    case 'login':
      return { bytes: encodeLoginStatus(false), reason: 'auth', message }
    case 'request': {
      const reply = error.reply ?? REPLY.generalFailure
      return { bytes: encodeRefusal(reply), reason: requestReason(error.code), reply, message }
    }
    // Nothing is decoded in these stages, so no decoder can have thrown.
    case 'verification':
    case null:
      throw error
  }
}

const isFault = (error: unknown): error is SocksFault =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  error.code.startsWith('ERR_SOCKS_')

const requestReason = (code: string): Refusal['reason'] => {
  if (code === 'ERR_SOCKS_VERSION') return 'version'
  return code === 'ERR_SOCKS_COMMAND' ? 'command' : 'address'
}
