import type { VerifyLogin } from '../auth/types.ts'
import type { ListenerConfig } from '../config/types.ts'
import type { Policy } from '../listener/session-types.ts'

/**
 * What a configured listener does with its connections.
 *
 * @param verify present where the listener has users
 */
export const listenerPolicy = (config: ListenerConfig, verify: VerifyLogin | null): Policy => {
  const { name, clients } = config
  return config.protocol === 'socks'
    ? { protocol: 'socks', name, clients, verify }
    : { protocol: 'forward', name, clients, targets: config.target }
}
