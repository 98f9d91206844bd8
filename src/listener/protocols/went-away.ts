import type { Rejection } from '../protocol-types.ts'

/**
 * Returns what the log says of a client that left, or was too slow, before its request was complete and
 * permitted.
 *
 * @param awaited what eyeballd waited for then
 * @param limitMs the timeout of the handshake
 */
export const wentAway = (
  why: 'left' | 'timeout',
  awaited: string,
  limitMs: number,
): Pick<Rejection, 'message'> & { readonly reason: 'protocol' | 'timeout' } =>
  why === 'left'
    ? { reason: 'protocol', message: `the client left while the ${awaited} was awaited` }
    : {
        reason: 'timeout',
        message: `the handshake timed out after ${limitMs} ms while the ${awaited} was awaited`,
      }
