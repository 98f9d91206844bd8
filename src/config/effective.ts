import { stringify } from 'yaml'
import type { AccessRule, AccessTarget, PortRange } from '../access/types.ts'
import { HIDDEN_PASSWORD } from '../auth/users-file.ts'
import { formatCidr } from '../core/cidr.ts'
import { formatDuration } from '../core/duration.ts'
import { formatHostPort } from '../core/host-port.ts'
import { formatListenAddress } from '../core/listen-address.ts'
import { isLoopback } from './listen-addresses.ts'
import type { AdminConfig, Config, ListenerConfig } from './types.ts'

/** Writes a single item alone, and several as a list. */
const oneOrList = (items: readonly string[]): string | readonly string[] =>
  items.length === 1 ? (items[0] ?? '') : items

/** Converts null to undefined, which YAML omits. */
const present = <T, U>(value: T | null, show: (value: T) => U): U | undefined =>
  value === null ? undefined : show(value)

const formatMode = (mode: number): string => mode.toString(8).padStart(4, '0')

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

const hideUsers = (users: ReadonlyMap<string, string>) => ({
  users: Object.fromEntries([...users.keys()].map(name => [name, HIDDEN_PASSWORD])),
})

const listenerOf = (listener: ListenerConfig) => {
  const unix = listener.listen.some(({ type }) => type === 'unix')
  return {
    name: listener.name,
    protocol: listener.protocol,
    listen: oneOrList(listenTexts(listener)),
    mode: unix ? formatMode(listener.mode) : undefined,
    group: listener.group ?? undefined,
    target:
      listener.protocol === 'forward' ? oneOrList(listener.target.map(formatHostPort)) : undefined,
    auth: listener.protocol === 'socks' ? present(listener.users, hideUsers) : undefined,
    clients: present(listener.clients, clients => clients.map(formatCidr)),
    open: listener.open,
  }
}

const targetText = (target: AccessTarget): string => {
  // A final dot distinguishes a name of one label from a keyword.
  if (target.type === 'name') return target.name.includes('.') ? target.name : `${target.name}.`
  if (target.type === 'suffix') return `*${target.suffix}`
  return target.type === 'cidr' ? formatCidr(target.cidr) : target.word
}

const portsOf = ({ first, last }: PortRange): number | string =>
  first === last ? first : `${first}-${last}`

const ruleOf = ({ action, clients, users, to, ports }: AccessRule) => ({
  action,
  clients: present(clients, list => list.map(formatCidr)),
  users: users ?? undefined,
  to: present(to, list => list.map(targetText)),
  ports: present(ports, list => list.map(portsOf)),
})

/** Converts `resolutionDelayMs: 50` to `resolutionDelay: 50ms`; other values stay unchanged. */
const durations = (values: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]: [string, unknown]) =>
      key.endsWith('Ms')
        ? [key.slice(0, -2), typeof value === 'number' ? formatDuration(value) : 'off']
        : [key, value],
    ),
  )

const adminOf = ({ listen, optionalAddresses, token }: AdminConfig) => ({
  listen: oneOrList(listen.length === 0 ? ['off'] : listenTexts({ listen, optionalAddresses })),
  token: present(token, () => HIDDEN_PASSWORD),
})

/** A configuration in the form of its file: complete, with defaults, and with every password hidden. */
export const effectiveValue = (config: Config): object => {
  const { servers, search, hosts, cache, timeoutMs, attempts, ...resolver } = config.resolver
  const { keepAlive } = config.egress
  return {
    listeners: config.listeners.map(listenerOf),
    access: config.access.map(ruleOf),
    resolver: {
      ...durations(resolver),
      servers: servers?.map(formatHostPort) ?? 'system',
      search: search ?? 'system',
      timeout: present(timeoutMs, formatDuration) ?? 'system',
      attempts: attempts ?? 'system',
      hosts: Object.fromEntries(hosts),
      cache: durations(cache),
    },
    eyeballs: durations(config.eyeballs),
    egress: { keepAlive: keepAlive === null ? 'off' : durations(keepAlive) },
    pipe: durations(config.pipe),
    limits: durations(config.limits),
    log: config.log,
    admin: adminOf(config.admin),
    processes: config.processes,
    drainTimeout: formatDuration(config.drainTimeoutMs),
  }
}

/** The effective configuration as YAML. It can be loaded again, except for its hidden passwords. */
export const effectiveYaml = (config: Config): string =>
  stringify(effectiveValue(config), { aliasDuplicateObjects: false, lineWidth: 0 })
