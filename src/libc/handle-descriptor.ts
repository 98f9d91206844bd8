/**
 * The descriptor of one of Node's own sockets. Node has no public name for it, so it is looked for: -1
 * where the runtime does not say it (not on every system), and once the socket is closed.
 */
export const handleDescriptor = (socket: object): number => {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: unknown } | null }
  return typeof handle?.fd === 'number' ? handle.fd : -1
}
