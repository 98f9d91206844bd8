import { formatHostPort } from '../core/host-port.ts'
import type { Endpoint, NotConnected } from './types.ts'

/**
 * A failed attempt, with a message like those of Node's errors: `connect ECONNREFUSED 192.0.2.1:80`.
 *
 * @param sent false if no packet can have been sent
 * @param error the system's error, if there is one
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
