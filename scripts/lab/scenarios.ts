import type { DnsServer } from '../../test/fixtures/dns-server.ts'
import type { LabWorld } from '../../test/fixtures/lab-worlds.ts'
import type { Kind } from './types.ts'

export type LabScenario = {
  /** The rows: each is a connection, one after the other, by the same program. */
  readonly rows: readonly string[]
  /** What each row asks for; by default the world's name. */
  readonly hostOf?: (name: string, row: number) => string
  readonly kind: Kind
  /** Milliseconds after which a program is given up. */
  readonly boundMs: number
  /** Sets the world up; the first DNS server of two is the one that may be dead. */
  readonly arrange: (world: LabWorld, first: DnsServer) => void
}

const LATE_MS = 400
/** More than any resolver waits for one server, less than a kernel for a SYN. */
const BOUND_MS = 10_000

/** A name that both servers know. */
const know = (
  { name, dns }: LabWorld,
  first: DnsServer,
  addresses: readonly string[],
  record?: { readonly record: 'A' | 'AAAA'; readonly delayMs: number },
): void => {
  for (const server of [first, dns]) {
    server.set(name, { addresses })
    if (record) {
      server.set(`${name} ${record.record}`, { addresses, delayMs: record.delayMs })
    }
  }
}

/** What the programs are put through, in the order of the table. */
export const LAB_SCENARIOS: readonly LabScenario[] = [
  {
    rows: ['both families fine'],
    kind: 'connect',
    boundMs: BOUND_MS,
    arrange: (world, first) => know(world, first, [world.six(), world.four()]),
  },
  {
    rows: ['IPv6 black-holed, first time', 'IPv6 black-holed, second time'],
    kind: 'connect',
    boundMs: BOUND_MS,
    arrange: (world, first) => {
      const six = world.six()
      world.faults.set(six, 'black-hole')
      know(world, first, [six, world.four()])
    },
  },
  {
    rows: ['IPv6 unreachable (ICMP)'],
    kind: 'connect',
    boundMs: BOUND_MS,
    arrange: (world, first) => {
      const six = world.six()
      world.faults.set(six, 'unreachable')
      know(world, first, [six, world.four()])
    },
  },
  {
    rows: [`AAAA answer ${LATE_MS} ms late`],
    kind: 'connect',
    boundMs: BOUND_MS,
    arrange: (world, first) =>
      know(world, first, [world.six(), world.four()], { record: 'AAAA', delayMs: LATE_MS }),
  },
  {
    rows: [`A answer ${LATE_MS} ms late`],
    kind: 'connect',
    boundMs: BOUND_MS,
    arrange: (world, first) =>
      know(world, first, [world.six(), world.four()], { record: 'A', delayMs: LATE_MS }),
  },
  {
    rows: ['first DNS server dead, first name', 'first DNS server dead, another name'],
    // An answer from a cache would say nothing.
    hostOf: (name, row) => (row === 0 ? name : `other.${name}`),
    kind: 'connect',
    boundMs: BOUND_MS,
    arrange: (world, first) => {
      const addresses = [world.six(), world.four()]
      for (const name of [world.name, `other.${world.name}`]) {
        first.set(name, { silent: true })
        world.dns.set(name, { addresses })
      }
    },
  },
  {
    rows: ['broken path MTU on IPv6, first time', 'broken path MTU on IPv6, second time'],
    kind: 'https',
    boundMs: 5000,
    arrange: (world, first) => {
      const six = world.six()
      world.faults.set(six, 'path-mtu')
      know(world, first, [six, world.four()])
    },
  },
]
