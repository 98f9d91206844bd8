import type { Config, ListenerConfig } from '../config/types.ts'
import { EGRESS } from '../config/table/egress.ts'
import type { Egress, EgressOverride } from '../core/egress.ts'
import { fail } from '../core/fail.ts'
import type { EgressNetworks, MissingEgress } from '../net/egress-networks.ts'

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

/** Keys of an egress, and where they are written. */
type Place = { readonly where: string; readonly keys: EgressOverride }

/** @param inner those of the places that replace keys of the daemon's, the innermost last */
const failure = (
  { key, reason }: MissingEgress,
  egress: Egress,
  inner: readonly Place[],
): Error => {
  const shown = EGRESS.show({ keepAlive: null, fastOpen: false, ...egress })
  const name = nameOf(key)
  const writtenAt = inner.findLast(({ keys }) => keys[key] !== undefined)?.where ?? 'egress'
  const usedAt = inner.at(-1)?.where ?? 'egress'
  const forWhom = writtenAt === usedAt ? '' : ` for ${usedAt}`
  const message = `${writtenAt}.${name}: found ${String(shown[name])}${forWhom}, ${reason}`
  return fail('ERR_EGRESS', message, { key: `${writtenAt}.${name}` })
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
  const base = daemonEgress(config)
  const check = (inner: readonly Place[]): void => {
    const egress: Egress = { ...base }
    for (const { keys } of inner) Object.assign(egress, keys)
    const text = JSON.stringify(egress)
    if (tried.has(text)) return
    tried.add(text)
    const found = missing(egress)
    if (found) throw failure(found, egress, inner)
  }
  check([])
  const listeners = config.listeners.map(({ egress }, i): readonly Place[] =>
    egress ? [{ where: `listeners[${i}].egress`, keys: overrideOf(egress) }] : [],
  )
  for (const inner of listeners) check(inner)
  for (const [i, { egress }] of config.access.entries()) {
    if (!egress) continue
    for (const inner of listeners) check([...inner, { where: `access[${i}].egress`, keys: egress }])
  }
}
