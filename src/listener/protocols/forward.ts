import type { HostPort } from '../../core/host-port.ts'
import type { ProxyVersion } from '../../wire/proxy-protocol/encode-header.ts'
import type { CreateProtocol, Protocol } from '../protocol-types.ts'

const doNothing = (): void => {}
const gone: Protocol['gone'] = () => ({ reason: 'protocol', message: 'the client left' })
const isNoProbe = (): boolean => false
const success: Protocol['success'] = () => null
const failure: Protocol['failure'] = () => ({ closing: 'reset' })

/**
 * A fixed forward: every client is connected to the same target, or to the winner among several. It has no
 * handshake and no reply, so a client whose race fails is reset: it must see an error and not an empty
 * response. Bytes that the client sends at once are kept for the target, and a FIN is a half-close, so a
 * client may send and close.
 *
 * @param targets one target, or several that race together
 * @param proxyVersion the version of the PROXY protocol by which the target gets the client's address; null:
 *   it does not
 */
export const createForward =
  (targets: readonly HostPort[], proxyVersion: ProxyVersion | null): CreateProtocol =>
  session => ({
    begin: () => session.request(targets, undefined, proxyVersion),
    // The race starts before the first byte is read, so this is never called.
    receive: doNothing,
    ended: doNothing,
    gone,
    probe: isNoProbe,
    stop: doNothing,
    finEndsRace: false,
    success,
    failure,
  })
