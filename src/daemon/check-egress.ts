import type { Config, ListenerConfig } from '../config/types.ts'
import { EGRESS } from '../config/table/egress.ts'
import type { Egress, EgressOverride } from '../core/egress.ts'
import { fail } from '../core/fail.ts'
import type { EgressNetworks } from '../net/egress-networks.ts'

/** The egress of the daemon. Its keepalive is set elsewhere, for clients too. */
export const daemonEgress = ({ egress }: Pick<Config, 'egress'>): Egress => {
  const { keepAlive: _keepAlive, fastOpen: _fastOpen, ...rest } = egress
  return rest
}

/** What a listener replaces of the daemon's egress; the PROXY protocol is not the sockets' affair. */
export const overrideOf = (egress: NonNullable<ListenerConfig['egress']>): EgressOverride => {
  const { proxyProtocol: _proxyProtocol, ...rest } = egress
  return rest
}

/** What `egress` is called in the file, without the suffix of a loaded duration. */
const nameOf = (key: string): string => key.replace(/Ms$/, '')

const failure = (where: string, key: string, egress: Egress, reason: string): Error => {
  const shown = EGRESS.show({ keepAlive: null, fastOpen: false, ...egress })
  const name = nameOf(key)
  const message = `${where}.${name}: found ${String(shown[name])}, ${reason}`
  return fail('ERR_EGRESS', message, { key: `${where}.${name}` })
}

/**
 * Checks on this host every egress that connections may get: that of the daemon, of each listener, and of
 * each access rule with each listener.
 *
 * @throws ERR_EGRESS with the key, what was found and what is missing; the system's error without a socket
 */
export const checkEgress = (
  config: Pick<Config, 'egress' | 'listeners' | 'access'>,
  missing: EgressNetworks<unknown>['missing'],
): void => {
  const tried = new Set<string>()
  const check = (where: string, egress: Egress): void => {
    const text = JSON.stringify(egress)
    if (tried.has(text)) return
    tried.add(text)
    const found = missing(egress)
    if (found) throw failure(where, found.key, egress, found.reason)
  }
  const base = daemonEgress(config)
  check('egress', base)
  const overrides: EgressOverride[] = [{}]
  for (const [i, { egress }] of config.listeners.entries()) {
    if (!egress) continue
    const over = overrideOf(egress)
    overrides.push(over)
    check(`listeners[${i}].egress`, { ...base, ...over })
  }
  for (const [i, { egress }] of config.access.entries()) {
    if (!egress) continue
    for (const over of overrides) check(`access[${i}].egress`, { ...base, ...over, ...egress })
  }
}
