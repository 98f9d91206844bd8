import { formatHostPort } from '../core/host-port.ts'
import type { Endpoint, NotConnected } from './types.ts'

/**
 * An attempt that failed, in the words of Node's own errors: `connect ECONNREFUSED 192.0.2.1:80`.
 *
 * @param sent false where no packet can have left
 * @param error the system's own, where there is one
 */
export const notConnected = (
  { address, port }: Endpoint,
  code: string,
  sent: boolean,
  error?: Error,
): NotConnected => ({
  ok: false,
  code,
  message: `connect ${code} ${formatHostPort({ host: address, port })}`,
  sent,
  ...(error && { error }),
})
