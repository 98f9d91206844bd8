import { createByteReader } from '../../core/byte-reader.ts'
import type { HostPort } from '../../core/host-port.ts'
import { decodeSocks4Request } from '../../wire/socks4/decode-request.ts'
import { SOCKS4_REPLY, encodeSocks4Reply } from '../../wire/socks4/encode-reply.ts'
import type { CreateProtocol, Rejection } from '../protocol-types.ts'
import type { Waits } from '../session-types.ts'

export type Socks4Options = {
  /** Whether the listener requires a login; SOCKS4 has no password, so its clients are refused then. */
  readonly requireLogin: boolean
  readonly waits: Pick<Waits, 'handshakeTimeoutMs'>
}

const REFUSAL = {
  closing: { answer: encodeSocks4Reply(SOCKS4_REPLY.rejected) },
  reply: SOCKS4_REPLY.rejected,
} as const

const isFault = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ERR_SOCKS_COMMAND' || error.code === 'ERR_SOCKS_ADDRESS')

const rejectionOf = (error: unknown): Rejection => {
  if (!isFault(error)) throw error
  const reason = error.code === 'ERR_SOCKS_COMMAND' ? 'command' : 'address'
  return { reason, message: error.message, ...REFUSAL }
}

/** SOCKS4 and SOCKS4A, CONNECT only. The reply follows the race, because it contains the address of the connection. */
export const createSocks4 =
  ({ requireLogin, waits }: Socks4Options): CreateProtocol =>
  session => {
    const reader = createByteReader()

    const read = (): void => {
      let target: HostPort | undefined
      try {
        target = decodeSocks4Request(reader)
      } catch (error) {
        return session.reject(rejectionOf(error))
      }
      if (target) session.request([target], reader.rest())
    }

    const gone = (why: 'left' | 'timeout'): Pick<Rejection, 'reason' | 'message'> =>
      why === 'left'
        ? { reason: 'protocol', message: 'the client left while the request was awaited' }
        : {
            reason: 'timeout',
            message: `no whole request within ${waits.handshakeTimeoutMs} ms: while the request was awaited`,
          }

    return {
      begin: () => {},
      receive: bytes => {
        if (requireLogin) {
          const message = 'a SOCKS4 client, which cannot log in: this listener requires a login'
          return session.reject({ reason: 'auth', message, ...REFUSAL })
        }
        reader.append(bytes)
        read()
      },
      ended: () => session.reject({ ...gone('left'), closing: 'close' }),
      gone,
      probe: () => false,
      stop: () => {},
      finEndsRace: true,
      success: local => ({
        bytes: encodeSocks4Reply(SOCKS4_REPLY.granted, local),
        reply: SOCKS4_REPLY.granted,
      }),
      failure: () => REFUSAL,
    }
  }
