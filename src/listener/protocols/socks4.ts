import { createByteReader } from '../../core/byte-reader.ts'
import type { HostPort } from '../../core/host-port.ts'
import { decodeSocks4Request } from '../../wire/socks4/decode-request.ts'
import { SOCKS4_REPLY, encodeSocks4Reply } from '../../wire/socks4/encode-reply.ts'
import type { CreateProtocol, Protocol, Rejection } from '../protocol-types.ts'
import { wentAway } from './went-away.ts'

export type Socks4Options = {
  /** Whether the listener requires a login; SOCKS4 has no password, so its clients are refused then. */
  readonly requireLogin: boolean
  readonly handshakeTimeoutMs: number
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

const doNothing = (): void => {}
const isNoProbe = (): boolean => false
const success: Protocol['success'] = local => ({
  bytes: encodeSocks4Reply(SOCKS4_REPLY.granted, local),
  reply: SOCKS4_REPLY.granted,
})
const failure: Protocol['failure'] = () => REFUSAL

/** SOCKS4 and SOCKS4A, CONNECT only. The reply follows the race, because it contains the address of the connection. */
export const createSocks4 =
  ({ requireLogin, handshakeTimeoutMs }: Socks4Options): CreateProtocol =>
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

    return {
      begin: doNothing,
      receive: bytes => {
        if (requireLogin) {
          const message = 'a SOCKS4 client, which cannot log in: this listener requires a login'
          return session.reject({ reason: 'auth', message, ...REFUSAL })
        }
        reader.append(bytes)
        read()
      },
      ended: () =>
        session.reject({ ...wentAway('left', 'request', handshakeTimeoutMs), closing: 'close' }),
      gone: why => wentAway(why, 'request', handshakeTimeoutMs),
      probe: isNoProbe,
      stop: doNothing,
      finEndsRace: true,
      success,
      failure,
    }
  }
