import { stringify } from 'yaml'
import { formatHostPort } from '../core/host-port.ts'
import { formatListenAddress } from '../core/listen-address.ts'
import { isLoopback } from './listen-addresses.ts'
import { ADMIN } from './table/admin.ts'
import { NO_LOGINS } from './listener-users.ts'
import { CONFIG } from './table/config.ts'
import { AUTH, LISTENER } from './table/listeners.ts'
import type { AdminConfig, Config, ListenerConfig } from './types.ts'

/** Writes a single item alone, and several as a list. */
const oneOrList = (items: readonly string[]): string | readonly string[] =>
  items.length === 1 ? (items[0] ?? '') : items

const listenTexts = ({
  listen,
  optionalAddresses,
}: Pick<ListenerConfig, 'listen' | 'optionalAddresses'>): readonly string[] => {
  if (!optionalAddresses) return listen.map(formatListenAddress)
  // Each text meant two addresses then, one of each family.
  const texts = listen.flatMap(item =>
    item.type === 'tcp' ? [`${isLoopback(item) ? 'localhost' : '*'}:${item.port}`] : [],
  )
  return [...new Set(texts)]
}

const FIELDS = LISTENER.keys

const listenerOf = (listener: ListenerConfig) => {
  const { name, protocol, listen, mode, group, clients, open, proxyProtocol, egress } = listener
  const hasFile = listen.some(({ type }) => type === 'unix')
  const { users, usersFile, revoke } = protocol === 'forward' ? NO_LOGINS : listener
  // Those of the file stay there, so that the printed configuration can be loaded again.
  const named = usersFile === null ? users : usersFile.others
  const shown = { users: named?.size === 0 ? null : named, usersFile: usersFile?.path ?? null }
  return {
    name,
    protocol,
    listen: oneOrList(listenTexts(listener)),
    mode: hasFile ? FIELDS.mode.field.show(mode) : undefined,
    group: FIELDS.group.field.show(group),
    target: protocol === 'forward' ? oneOrList(listener.target.map(formatHostPort)) : undefined,
    auth: users === null ? undefined : AUTH.show({ ...shown, revoke }),
    clients: FIELDS.clients.field.show(clients),
    open,
    proxyProtocol: FIELDS.proxyProtocol.field.show(proxyProtocol),
    egress: FIELDS.egress.field.show(egress),
  }
}

const NO_ADMIN = { listen: 'off', token: null, tokenFile: null, raceHistory: 0 } as const

const adminOf = ({ listen, optionalAddresses, token, tokenFile, raceHistory }: AdminConfig) => ({
  listen: oneOrList(listen.length === 0 ? ['off'] : listenTexts({ listen, optionalAddresses })),
  // A token of the file stays there, so that the printed configuration can be loaded again.
  token: tokenFile === null ? ADMIN.keys.token.field.show(token) : undefined,
  tokenFile: ADMIN.keys.tokenFile.field.show(tokenFile),
  raceHistory,
})

/** A configuration in the form of its file: complete, with defaults, and with every password hidden. */
export const effectiveValue = (config: Config): object => ({
  // Two sections have another form in the daemon than in the file.
  ...CONFIG.show({ ...config, listeners: [], admin: NO_ADMIN }),
  listeners: config.listeners.map(listenerOf),
  admin: adminOf(config.admin),
})

/** The effective configuration as YAML. It can be loaded again, except for its hidden passwords. */
export const effectiveYaml = (config: Config): string =>
  stringify(effectiveValue(config), { aliasDuplicateObjects: false, lineWidth: 0 })
