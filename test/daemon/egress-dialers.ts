import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import type { Config } from '../../src/config/types.ts'
import type { Egress, EgressPath } from '../../src/core/egress.ts'
import type { StreamSocket } from '../../src/core/stream-socket.ts'
import type { EgressDialers } from '../../src/daemon/egress-dialers.ts'
import { createEgressDialers } from '../../src/daemon/egress-dialers.ts'
import { dialerOptions } from '../../src/daemon/generation.ts'
import { createAttemptBudget } from '../../src/dial/attempt-budget.ts'
import type { EgressNetworks } from '../../src/net/egress-networks.ts'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import type { Endpoint } from '../../src/net/network.ts'
import { createNodeNetwork } from '../../src/net/node/node-network.ts'
import { testLookups } from '../fixtures/host-lookups.ts'
import { testEgress } from '../fixtures/test-egress.ts'

const clock = createRealClock()

const rig = () => {
  const paths: EgressPath[] = []
  const attempts: (readonly [Egress, Endpoint])[] = []
  const real = testEgress(clock)
  const egress: EgressNetworks<StreamSocket> = {
    ...real,
    path: path => {
      paths.push(path)
      return real.path(path)
    },
    connect: own => (endpoint, settle) => {
      attempts.push([own, endpoint])
      process.nextTick(settle, { ok: false, code: 'EPIPE', message: 'no', sent: false } as const)
      return () => false
    },
  }
  const parts = {
    clock,
    network: createNodeNetwork({ clock }),
    egress,
    lookups: testLookups(),
    budget: createAttemptBudget({ files: () => 9, races: () => 1 }),
  }
  const create = (config: Config, before?: EgressDialers['dialers']): EgressDialers => {
    const made = createEgressDialers(config, dialerOptions(config), before, parts)
    for (const { resolver } of made.dialers.values()) t.teardown(() => resolver.close())
    return made
  }
  return { create, paths, attempts }
}

const CONFIG = `
egress: { tos: 8, keepAlive: off }
listeners:
  - { name: plain, protocol: socks, listen: 127.0.0.1:1 }
  - { name: tos, protocol: socks, listen: 127.0.0.1:2, egress: { tos: 12 } }
  - { name: a, protocol: socks, listen: 127.0.0.1:3, egress: { bind4: 127.0.0.9 } }
  - { name: b, protocol: socks, listen: 127.0.0.1:4, egress: { bind4: 127.0.0.9, mptcp: true } }
  - { name: c, protocol: socks, listen: 127.0.0.1:5, egress: { bind4: 127.0.0.8, keepAlive: on } }`

t.test('one dialer for each path, and one race for each egress', async t => {
  const { create, paths, attempts } = rig()
  const { daemon, listeners, dialers } = create(parseConfig(CONFIG, 'f'))
  t.equal(dialers.size, 3)
  t.same(
    paths.map(({ bind4 }) => bind4),
    ['127.0.0.9', '127.0.0.8'],
    'the plain path has the network that is there',
  )
  t.same([...listeners.keys()], ['tos', 'a', 'b', 'c'])
  t.equal(new Set([daemon, ...listeners.values()].map(({ race }) => race)).size, 5)
  const target = { host: '127.0.0.1', port: 9 }
  for (const each of [daemon, ...listeners.values()]) {
    await new Promise((resolve, reject) => each.race({ targets: [target] }, resolve, reject))
  }
  t.match(
    attempts.map(([own]) => own),
    [
      { tos: 8, bind4: null },
      { tos: 12, bind4: null },
      { tos: 8, bind4: '127.0.0.9', mptcp: false },
      { tos: 8, bind4: '127.0.0.9', mptcp: true },
      { bind4: '127.0.0.8', keepAlive: { idleMs: 60_000 } },
    ],
  )
  t.notOk('keepAlive' in (attempts[0]?.[0] ?? {}), "the daemon's is set by the pipe")
})

t.test('a path that stays keeps its dialer', async t => {
  const { create } = rig()
  const before = create(parseConfig(CONFIG, 'f'))
  const text = CONFIG.replace('127.0.0.8', '127.0.0.7').replace('tos: 8', 'tos: 16')
  const after = create(parseConfig(text, 'f'), before.dialers)
  const kept = [...after.dialers.values()].filter(each =>
    [...before.dialers.values()].includes(each),
  )
  t.equal(kept.length, 2)
  t.equal(after.dialers.size, 3)
})
