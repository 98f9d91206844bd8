import type { AccessRule } from '../../access/types.ts'
import type { Users } from '../../auth/users-file.ts'
import { parseCidr } from '../../core/cidr.ts'
import { parseHostPort } from '../../core/host-port.ts'
import { isOptional, parseListen } from '../listen-addresses.ts'
import { nameListeners } from '../listener-names.ts'
import { parseHost } from '../names.ts'
import type { AccessRuleInput } from '../schema/access.ts'
import { parseAccessTarget, parsePorts } from '../schema/access.ts'
import type { ListenerInput } from '../schema/listener.ts'
import { parseMode } from '../schema/listener.ts'
import type { ListenerConfig } from '../types.ts'

const DEFAULT_MODE = 0o600

const cidrs = (texts: readonly string[] | undefined) =>
  texts?.flatMap(text => parseCidr(text) ?? []) ?? null

/** Converts checked listeners to the daemon's form. `users` holds each listener's users, in the same order. */
export const buildListeners = (
  listeners: readonly ListenerInput[],
  users: readonly (Users | null)[],
): readonly ListenerConfig[] => {
  const names = nameListeners(listeners)
  return listeners.map((listener, i): ListenerConfig => {
    const base = {
      name: names[i] ?? '',
      listen: parseListen(listener.listen),
      optionalAddresses: isOptional(listener.listen),
      mode: listener.mode === undefined ? DEFAULT_MODE : parseMode(listener.mode),
      group: listener.group === undefined ? null : String(listener.group),
      clients: cidrs(listener.clients),
      open: listener.open,
    }
    if (listener.protocol === 'socks') {
      return { ...base, protocol: 'socks', users: users[i] ?? null }
    }
    const target = [listener.target ?? []].flat().map(text => {
      const { host, port } = parseHostPort(text)
      return { host: parseHost(host), port }
    })
    return { ...base, protocol: 'forward', target }
  })
}

/** Converts checked access rules to the listener's form. */
export const buildAccess = (rules: readonly AccessRuleInput[]): readonly AccessRule[] =>
  rules.map(({ action, clients, users, to, ports }) => ({
    action,
    clients: cidrs(clients),
    users: users ?? null,
    to: to?.map(parseAccessTarget) ?? null,
    ports: ports?.map(parsePorts) ?? null,
  }))
