import { setTimeout as sleep } from 'node:timers/promises'
import { LAB, run } from '../../test/fixtures/namespaces.ts'
import type { Fault } from './fault.ts'

/** After a route is back, TCP goes on when it sends again, at most so much later. */
const RETRANSMIT_MS = 8000

/**
 * The daemon reads the addresses of its host at most once a second, so it looks up a family that has come back after
 * so long. Until then the other one must not go.
 */
const FAMILY_NOTICED_MS = 1500

const network = (
  name: string,
  takes: 'four' | 'six',
  [remove, ...restore]: readonly [string, ...string[]],
): Fault => ({
  name,
  run: async ({ windows, random }) => {
    const end = windows.open(name, { takes: [takes] })
    run(remove)
    await sleep(random.between(2000, 4000))
    for (const command of restore) run(command)
    end(RETRANSMIT_MS)
    await sleep(FAMILY_NOTICED_MS)
  },
})

const NEIGHBOURS = [
  `ip neighbour replace ${LAB.net4} lladdr 02:00:00:00:00:02 dev cable0 nud permanent`,
  `ip neighbour replace ${LAB.net6} lladdr 02:00:00:00:00:02 dev cable0 nud permanent`,
] as const
const ROUTES = [
  `ip route replace default via ${LAB.net4}`,
  `ip -6 route replace default via ${LAB.net6}`,
] as const

/** Faults of the host's own network. */
export const NETWORK_FAULTS: readonly Fault[] = [
  network('IPv6 address removed', 'six', [
    `ip address del ${LAB.host6}/64 dev cable0`,
    `ip address add ${LAB.host6}/64 dev cable0 nodad`,
    ROUTES[1],
    ...NEIGHBOURS,
  ]),
  network('IPv4 address removed', 'four', [
    `ip address del ${LAB.host4}/24 dev cable0`,
    `ip address add ${LAB.host4}/24 dev cable0`,
    ROUTES[0],
    ...NEIGHBOURS,
  ]),
  network('IPv6 route gone', 'six', ['ip -6 route del default', ROUTES[1]]),
  network('IPv4 route gone', 'four', ['ip route del default', ROUTES[0]]),
  {
    name: 'interface down',
    run: async ({ windows, random }) => {
      const end = windows.open('interface down', { takes: ['network'] })
      run('ip link set cable0 down')
      await sleep(random.between(1000, 3000))
      run('ip link set cable0 up')
      // The kernel drops IPv6 addresses of an interface that goes down.
      run(`ip address replace ${LAB.host6}/64 dev cable0 nodad`)
      for (const command of [...ROUTES, ...NEIGHBOURS]) run(command)
      end(RETRANSMIT_MS)
      await sleep(FAMILY_NOTICED_MS)
    },
  },
]
