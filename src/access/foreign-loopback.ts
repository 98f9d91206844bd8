import { isSpecial } from '../core/special-addresses.ts'
import type { AccessClient } from './types.ts'

/**
 * Whether a client has a loopback address, or none as on a UNIX socket, without being on this host: a load
 * balancer on this host connects it. Such a client must not get what is allowed to clients on this host.
 */
export const hasForeignLoopback = ({
  ip,
  isLocal,
}: Pick<AccessClient, 'ip' | 'isLocal'>): boolean =>
  !isLocal && (ip === null || isSpecial('loopback', ip))
