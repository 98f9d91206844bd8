import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

/** Linux lists all interfaces here, also those without an address. */
const SYSFS = '/sys/class/net'

/** Where to look for interfaces. */
export type InterfaceSources = {
  readonly exists: (path: string) => boolean
  readonly list: () => object
}

/**
 * Whether this host has an interface of that name, with or without an address.
 *
 * @returns true if this cannot be determined
 */
export const hasInterface = (
  name: string,
  { exists, list }: InterfaceSources = { exists: existsSync, list: networkInterfaces },
): boolean => {
  if (!name.includes('/') && exists(`${SYSFS}/${name}`)) return true
  try {
    return Object.hasOwn(list(), name)
  } catch {
    // For example when no file descriptor is free.
    return true
  }
}
