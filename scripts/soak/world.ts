import { mkdirSync } from 'node:fs'
import type { Owner } from '../../test/fixtures/children.ts'
import { createDnsServer } from '../../test/fixtures/dns-server.ts'
import { createLabFaults } from '../../test/fixtures/lab-faults.ts'
import { run } from '../../test/fixtures/namespaces.ts'
import type { SoakFiles } from './configuration.ts'
import { writeUsers } from './faults.ts'
import { BLACK_HOLES, REFUSING, replyTo } from './targets.ts'

/** Bytes of the disk that has the log. */
const DISK = '8m'

/** What the daemon meets outside: a small disk, a DNS server, targets that are dead. */
export const createWorld = async (owner: Owner, net: string, files: SoakFiles) => {
  mkdirSync(files.disk)
  // In a namespace of mounts that `ip netns exec` has made: nobody else sees it, and it ends with this process.
  run(`mount -t tmpfs -o size=${DISK},mode=755 soak ${files.disk}`)
  owner.teardown(() => run(`umount --lazy ${files.disk}`))
  writeUsers(files)

  const faults = createLabFaults(net)
  for (const address of BLACK_HOLES) faults.set(address, 'black-hole')
  for (const address of REFUSING) faults.set(address, 'refused')

  let isSilent = false
  const dns = await createDnsServer(
    {},
    {
      address: '127.0.0.1',
      port: 53,
      reply: ({ name }) => (isSilent ? { silent: true } : replyTo(name)),
    },
  )
  owner.teardown(dns.close)
  return { silenceDns: (value: boolean) => void (isSilent = value) }
}
