/**
 * The descriptor of a socket, whoever drives it: -1 once it is closed, and where the runtime does not say
 * it (not on every system). Node has no public name for that of its own sockets, so it is looked for.
 */
export const socketDescriptor = (socket: object): number => {
  const { descriptor, _handle: handle } = socket as {
    readonly descriptor?: number
    readonly _handle?: { readonly fd?: unknown } | null
  }
  if (descriptor !== undefined) return descriptor
  return typeof handle?.fd === 'number' ? handle.fd : -1
}
