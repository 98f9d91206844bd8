/** The zone of an address (RFC 4007 section 11), which is the name of an interface, or undefined. */
export const zoneOf = (address: string): string | undefined => {
  const at = address.indexOf('%')
  return at < 0 ? undefined : address.slice(at + 1)
}

/**
 * Whether an address has a zone that this host does not have. Some systems ignore an unknown zone and
 * choose an interface themselves.
 *
 * @param hasInterface whether this host has an interface of that name
 */
export const isZoneMissing = (
  address: string,
  hasInterface: (name: string) => boolean,
): boolean => {
  const zone = zoneOf(address)
  return zone !== undefined && !hasInterface(zone)
}
