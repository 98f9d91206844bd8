import { formatHostPort } from '../core/host-port.ts'
import type { Network } from '../net/network.ts'
import type { AttemptSockets } from './attempt-sockets.ts'
import type { RaceEvent } from './race/types.ts'
import type { Confirm } from './types.ts'

/** The part of a race between its first connection and the first answer of a target. */
export type ConfirmDriver = {
  /** The race is won provisionally: the client may get its reply, and targets may answer from now on. */
  readonly begin: (id: number) => void
  /** An attempt has connected; before `begin` it is not watched. */
  readonly connected: (id: number) => void
  /** Sends the ClientHello on a connected attempt. */
  readonly greet: (id: number) => void
  /** Number of the client's bytes that an attempt has sent. */
  readonly greetedBytes: (id: number) => number
  /** Whether an attempt has sent the preface. */
  readonly isPrefaced: (id: number) => boolean
}

/**
 * Watches the connected attempts of a race for their targets' first bytes, and sends them the client's
 * ClientHello when the machine says so (draft-ietf-happy-happyeyeballs-v3 section 6.1).
 *
 * The first connection gets the preface at once, because a target that speaks before its client might wait
 * for it; every other one gets it right before the ClientHello.
 *
 * @param confirm the caller's callback; without it the client cannot get its reply, so no ClientHello is
 *   sent
 */
export const createConfirmDriver = <S>({
  network,
  attempts,
  confirm,
  preface,
  send,
}: {
  readonly network: Pick<Network<S>, 'watch'>
  readonly attempts: AttemptSockets<S>
  readonly confirm: Confirm | undefined
  readonly preface: Uint8Array | undefined
  readonly send: (event: RaceEvent) => void
}): ConfirmDriver => {
  let hello: Uint8Array | null = null
  let begun = false
  const greeted = new Set<number>()
  const prefaced = new Set<number>()

  const watch = (id: number): void => {
    const attempt = attempts.connectedAttempt(id)
    attempt.watch = network.watch(attempt.connected.socket, what => {
      if (what === 'answered') return send({ type: 'confirmed', id })
      attempts.release(id)
      const message = `${formatHostPort(attempt.endpoint)} closed the connection without an answer`
      send({ type: 'connect-failed', id, code: 'ECONNRESET', message, sent: true })
    })
  }

  const sendPreface = (id: number): void => {
    if (!preface || prefaced.has(id)) return
    prefaced.add(id)
    attempts.connectedAttempt(id).watch?.send(preface)
  }

  const onFirstBytes = (found: Uint8Array | null): void => {
    hello = found
    send({ type: found ? 'hello' : 'not-hello' })
  }

  return {
    begin: id => {
      begun = true
      watch(id)
      sendPreface(id)
      const { endpoint, connected } = attempts.connectedAttempt(id)
      if (!confirm) return onFirstBytes(null)
      confirm({ address: endpoint.host, port: endpoint.port, local: connected.local }, onFirstBytes)
    },
    connected: id => {
      if (begun) watch(id)
    },
    greet: id => {
      if (!hello) return
      greeted.add(id)
      sendPreface(id)
      attempts.connectedAttempt(id).watch?.send(hello)
    },
    greetedBytes: id => (hello && greeted.has(id) ? hello.length : 0),
    isPrefaced: id => prefaced.has(id),
  }
}
