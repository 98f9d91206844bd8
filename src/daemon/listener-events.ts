import { formatListenAddress } from '../core/listen-address.ts'
import type { Log } from '../log/types.ts'
import type { ListenerSetParts } from './listener-set.ts'

/**
 * Logs what becomes of listeners.
 *
 * @param limit the most connections that are let in at a time
 */
export const listenerEvents = (
  { event }: Pick<Log, 'event'>,
  limit: () => number,
): Pick<ListenerSetParts, 'onListening' | 'onSkipped' | 'onLost'> => ({
  onListening: ({ name: listener, protocol }, address) => {
    const text = formatListenAddress(address)
    event({ type: 'listening', listener, protocol, address: text, connections: limit() })
  },
  onSkipped: ({ name: listener }, address, { message }) =>
    event({ type: 'skipped', listener, address: formatListenAddress(address), message }),
  onLost: ({ name: listener, protocol }, address, { message }) => {
    const text = formatListenAddress(address)
    event({ type: 'listener-lost', listener, protocol, address: text, message })
  },
})
