/**
 * The descriptor of a native socket or of one of Node's; -1 once it is closed, and if the runtime does not
 * expose it (on some systems). Node has no public property for it, so this reads the handle.
 */
export const socketDescriptor = (socket: object): number => {
  const { descriptor, _handle: handle } = socket as {
    readonly descriptor?: number
    readonly _handle?: { readonly fd?: unknown } | null
  }
  if (descriptor !== undefined) return descriptor
  return typeof handle?.fd === 'number' ? handle.fd : -1
}
