import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

/** Where Linux lists its interfaces, those among them that have no address yet. */
const SYSFS = '/sys/class/net'

/** Where interfaces are looked for. */
export type InterfaceSources = {
  readonly exists: (path: string) => boolean
  readonly list: () => object
}

/**
 * Whether this host has an interface of that name, with an address or without.
 *
 * @returns true where it cannot be found out
 */
export const hasInterface = (
  name: string,
  { exists, list }: InterfaceSources = { exists: existsSync, list: networkInterfaces },
): boolean => {
  if (!name.includes('/') && exists(`${SYSFS}/${name}`)) return true
  try {
    return Object.hasOwn(list(), name)
  } catch {
    // As without a free descriptor.
    return true
  }
}
