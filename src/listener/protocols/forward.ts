import type { HostPort } from '../../core/host-port.ts'
import type { CreateProtocol } from '../session-types.ts'

/**
 * A fixed forward: every client is joined to the same target, or to the first of several that
 * answers. There is no handshake and nothing to reply with, so a client whose race fails is reset: it
 * must see an error, not an empty success. What it sends at once waits for the target, and a FIN is
 * half-close: who only sends, and closes, is served too.
 *
 * @param targets one, or several that are raced as one
 */
export const createForward =
  (targets: readonly HostPort[]): CreateProtocol =>
  session => ({
    begin: () => session.request(targets),
    // The race begins before the first byte is read: nothing is ever received here.
    receive: () => {},
    ended: () => {},
    gone: () => ({ reason: 'protocol', message: 'the client left' }),
    probe: () => false,
    stop: () => {},
    finEndsRace: false,
    success: () => null,
    failure: () => ({ farewell: 'reset' }),
  })
