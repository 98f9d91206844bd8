import { fail } from '../../core/fail.ts'
import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'
import { classifyHost } from '../literal.ts'
import type { HostsTable } from './table.ts'
import { createHostsTable } from './table.ts'

/**
 * Creates the table of the names in a configuration. A name with an empty list has no address.
 *
 * @throws ERR_INVALID_NAME or ERR_INVALID_ADDRESS with what was found and what is allowed
 */
export const hostsFromConfig = (hosts: Readonly<Record<string, readonly string[]>>): HostsTable => {
  const table = createHostsTable()
  for (const [text, addresses] of Object.entries(hosts)) {
    const host = classifyHost(text)
    if (host.kind !== 'name') {
      const problem = host.kind === 'invalid' ? host.message : `"${text}" is an address, not a name`
      throw fail('ERR_INVALID_NAME', `hosts: ${problem}`, { found: text })
    }
    table.addName(host.name)
    for (const address of addresses) {
      const parsed = parseIp(address)
      if (!parsed) {
        throw fail(
          'ERR_INVALID_ADDRESS',
          `hosts: "${address}" of ${host.name} is not an IPv4 or IPv6 address`,
          { found: address },
        )
      }
      const ip = unmapIp(parsed)
      table.add(host.name, formatIp(ip), ip.family === 6 ? 'AAAA' : 'A')
    }
  }
  return table
}
