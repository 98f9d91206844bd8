import type { ListenTexts } from './listen-addresses.ts'
import { isOptional, parseListen } from './listen-addresses.ts'
import { NO_LOGINS } from './listener-users.ts'
import type { Loaded } from './section.ts'
import type { LISTENER } from './table/listeners.ts'
import type { ListenerConfig, ListenerLogins } from './types.ts'

type Nameable = {
  readonly name: string | null
  readonly protocol: string
  readonly listen: ListenTexts
}

/** What a name may not contain; a file's name may. */
const NO_NAME = /[^\w.-]/g
/** A name has at most 64 characters, with its protocol and its number. */
const FILE_NAME_MAX_CHARACTERS = 48

/** protocol-port, or protocol-name for a UNIX socket's file and for passed sockets, from the first address. */
const plainName = (protocol: string, listen: ListenTexts): string => {
  const [first] = parseListen(listen)
  if (!first || first.type === 'tcp') return `${protocol}-${first?.port ?? 0}`
  const full =
    first.type === 'unix' ? first.path.slice(first.path.lastIndexOf('/') + 1) : first.name
  return `${protocol}-${full.replaceAll(NO_NAME, '-').slice(0, FILE_NAME_MAX_CHARACTERS)}`
}

/**
 * The names of all listeners, in order. Given names are kept; the others consist of protocol and port, with
 * -2, -3 if that name is taken.
 */
export const nameListeners = (listeners: readonly Nameable[]): readonly string[] => {
  const taken = new Set(listeners.flatMap(({ name }) => name ?? []))
  return listeners.map(({ name, protocol, listen }) => {
    if (name !== null) return name
    const plain = plainName(protocol, listen)
    let free = plain
    for (let n = 2; taken.has(free); n++) free = `${plain}-${n}`
    taken.add(free)
    return free
  })
}

/** Converts checked listeners to the daemon's form. `logins` holds those of each listener, in the same order. */
export const buildListeners = (
  listeners: readonly Loaded<typeof LISTENER.keys>[],
  logins: readonly ListenerLogins[],
): readonly ListenerConfig[] => {
  const names = nameListeners(listeners)
  return listeners.map((listener, i): ListenerConfig => {
    const { protocol, listen, mode, group, clients, open, proxyProtocol, egress, target } = listener
    const base = {
      name: names[i] ?? '',
      listen: parseListen(listen),
      optionalAddresses: isOptional(listen),
      mode,
      group,
      clients,
      open,
      proxyProtocol,
      egress,
    }
    return protocol === 'forward'
      ? { ...base, protocol, target: target ?? [] }
      : { ...base, protocol, ...(logins[i] ?? NO_LOGINS) }
  })
}
