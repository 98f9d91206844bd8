import { createByteReader } from '../../core/byte-reader.ts'
import { fail } from '../../core/fail.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeGreeting, decodeLogin } from './decode.ts'
import { encodeLoginStatus, encodeMethodSelection } from './encode.ts'
import { refuseFault, refuseLogin, refuseMethods } from './refusal.ts'
import type { Handshake, HandshakeOutput, HandshakeStage, Refusal } from './wire.ts'
import { METHOD, REQUEST_MAX_BYTES } from './wire.ts'

type State =
  | { readonly name: 'greeting' }
  | { readonly name: 'login' }
  | { readonly name: 'verification' }
  | { readonly name: 'request'; readonly loggedIn: boolean }
  | { readonly name: 'requested' }
  | { readonly name: 'refused' }

/** The most bytes that a client may send before the reply. */
const EARLY_DATA_MAX_BYTES = 64 * 1024

const NO_BYTES = new Uint8Array(0)
const NO_OUTPUTS: readonly HandshakeOutput[] = []

// These outputs are the same for all clients, so they are created once.
const SEND_NO_LOGIN: HandshakeOutput = {
  type: 'send',
  bytes: encodeMethodSelection(METHOD.noLogin),
}
const SEND_LOGIN: HandshakeOutput = { type: 'send', bytes: encodeMethodSelection(METHOD.login) }
const SEND_GOOD: HandshakeOutput = { type: 'send', bytes: encodeLoginStatus(true) }

/**
 * Begins the handshake of one connection.
 *
 * @param options.requireLogin true: accept only RFC 1929 logins, even if the client also offers NO
 *   AUTHENTICATION REQUIRED; false: accept only clients that offer NO AUTHENTICATION REQUIRED. The order of
 *   the offered methods does not matter
 */
export const createHandshake = ({ requireLogin }: { requireLogin: boolean }): Handshake => {
  const reader = createByteReader()
  let state: State = { name: 'greeting' }

  const refuse = (refusal: Refusal): HandshakeOutput => {
    state = { name: 'refused' }
    return { type: 'refuse', ...refusal }
  }

  const selectMethod = (methods: Uint8Array): HandshakeOutput => {
    if (!methods.includes(requireLogin ? METHOD.login : METHOD.noLogin)) {
      return refuse(refuseMethods(methods, requireLogin))
    }
    state = requireLogin ? { name: 'login' } : { name: 'request', loggedIn: false }
    return requireLogin ? SEND_LOGIN : SEND_NO_LOGIN
  }

  /** Handles the next complete message; undefined if there is none, or none is expected now. */
  const step = (): HandshakeOutput | undefined => {
    switch (state.name) {
      case 'greeting': {
        const greeting = decodeGreeting(reader)
        return greeting && selectMethod(greeting.methods)
      }
      case 'login': {
        const login = decodeLogin(reader)
        if (!login) return undefined
        state = { name: 'verification' }
        return { type: 'verify', login }
      }
      case 'request': {
        const request = decodeRequest(reader)
        if (!request) return undefined
        state = { name: 'requested' }
        return { type: 'request', target: request.target, kind: request.kind }
      }
      // Bytes after a login wait for its verification, bytes after a request for the target.
      case 'verification':
      case 'requested':
      case 'refused':
        return undefined
    }
  }

  const stage = (): HandshakeStage =>
    state.name === 'requested' || state.name === 'refused' ? null : state.name

  const advance = (outputs: HandshakeOutput[]): readonly HandshakeOutput[] => {
    try {
      for (let output = step(); output; output = step()) outputs.push(output)
    } catch (error) {
      outputs.push(refuse(refuseFault(error, stage())))
    }
    return outputs
  }

  return {
    receive: bytes => {
      if (state.name === 'refused') return NO_OUTPUTS
      reader.append(bytes)
      return advance([])
    },
    verified: (ok, unchecked) => {
      if (state.name !== 'verification') {
        throw fail('ERR_BUG', `verified() was called in state ${state.name}, not verification`)
      }
      if (!ok) return [refuse(refuseLogin(unchecked))]
      state = { name: 'request', loggedIn: true }
      return advance([SEND_GOOD])
    },
    full: () => {
      if (state.name === 'requested') return reader.length() >= EARLY_DATA_MAX_BYTES
      return (
        state.name === 'verification' && reader.length() >= EARLY_DATA_MAX_BYTES + REQUEST_MAX_BYTES
      )
    },
    rest: () => (state.name === 'requested' ? reader.rest() : NO_BYTES),
    stage,
    pipelined: () => state.name === 'verification' && reader.length() > 0,
    probe: () => {
      const untouched = reader.length() === 0
      switch (state.name) {
        case 'greeting':
        case 'login':
          return untouched
        case 'request':
          return untouched && !state.loggedIn
        case 'verification':
        case 'requested':
        case 'refused':
          return false
      }
    },
  }
}
