import type { ListenTexts } from './listen-addresses.ts'
import { parseListen } from './listen-addresses.ts'

type Nameable = {
  readonly name?: string | undefined
  readonly protocol?: string | undefined
  readonly listen?: ListenTexts | undefined
}

/** protocol-port, or protocol-file name for a UNIX socket, from the first address. */
const plainName = (protocol: string, listen: ListenTexts): string => {
  const [first] = parseListen(listen)
  if (first?.type !== 'unix') return `${protocol}-${first?.port ?? 0}`
  return `${protocol}-${first.path.slice(first.path.lastIndexOf('/') + 1)}`
}

/**
 * The names of all listeners, in order. Given names are kept; the others consist of protocol and port, with
 * -2, -3 if that name is taken.
 */
export const nameListeners = (
  listeners: readonly (Nameable & { readonly protocol: string; readonly listen: ListenTexts })[],
): readonly string[] => {
  const taken = new Set(listeners.flatMap(({ name }) => name ?? []))
  return listeners.map(({ name, protocol, listen }) => {
    if (name !== undefined) return name
    const plain = plainName(protocol, listen)
    let free = plain
    for (let n = 2; taken.has(free); n++) free = `${plain}-${n}`
    taken.add(free)
    return free
  })
}

/** A listener's label in messages: its given name, or its index. */
export const listenerLabel = (listener: Nameable | undefined, index: number): string =>
  listener?.name === undefined ? `listeners[${index}]` : `the listener "${listener.name}"`
