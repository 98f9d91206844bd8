/** The zone of an address (RFC 4007 section 11): the name of an interface, or undefined. */
export const zoneOf = (address: string): string | undefined => {
  const at = address.indexOf('%')
  return at < 0 ? undefined : address.slice(at + 1)
}

/**
 * Whether an address is on a link that this host does not have. Some systems take an unknown zone for
 * none and choose an interface themselves.
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
