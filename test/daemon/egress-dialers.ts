import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import type { Config } from '../../src/config/types.ts'
import type { Egress, EgressPath } from '../../src/core/egress.ts'
import type { StreamSocket } from '../../src/core/stream-socket.ts'
import type { EarlierDialers, EgressDialers } from '../../src/daemon/egress-dialers.ts'
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
  let systemLookups = 0
  const real = testEgress(clock)
  const lookups = testLookups()
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
    lookups: {
      ...lookups,
      openSystemLookup: () => {
        systemLookups++
        return lookups.openSystemLookup()
      },
    },
    budget: createAttemptBudget({ files: () => 9, races: () => 1 }),
  }
  const create = (
    config: Config,
    known?: EgressDialers,
    removed: EarlierDialers['removed'] = new Map(),
  ): EgressDialers => {
    const made = createEgressDialers(config, dialerOptions(config), { known, removed }, parts)
    for (const { resolver } of made.dialers.values()) t.teardown(() => resolver.close())
    return made
  }
  return { create, paths, attempts, systemLookups: () => systemLookups }
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
  const { listeners, dialers } = create(parseConfig(CONFIG, 'f'))
  t.equal(dialers.size, 3)
  t.same(
    paths.map(({ bind4 }) => bind4),
    ['127.0.0.9', '127.0.0.8'],
    'the plain path has the network that is there',
  )
  t.same([...listeners.keys()], ['plain', 'tos', 'a', 'b', 'c'])
  t.equal(new Set([...listeners.values()].map(({ dialer }) => dialer.race)).size, 5)
  const target = { host: '127.0.0.1', port: 9 }
  for (const { dialer } of listeners.values()) {
    await new Promise((resolve, reject) => dialer.race({ targets: [target] }, resolve, reject))
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
  const after = create(parseConfig(text, 'f'), before)
  const kept = [...after.dialers.values()].filter(each =>
    [...before.dialers.values()].includes(each),
  )
  t.equal(kept.length, 2)
  t.equal(after.dialers.size, 3)
})

t.test('an egress that stays keeps its functions', async t => {
  const { create } = rig()
  const before = create(parseConfig(CONFIG, 'f'))
  const namesKept = (after: EgressDialers): string[] =>
    [...after.listeners].flatMap(([name, { dialer }]) =>
      before.listeners.get(name)?.dialer === dialer ? [name] : [],
    )
  const same = create(parseConfig(CONFIG, 'f'), before)
  t.same(namesKept(same), ['plain', 'tos', 'a', 'b', 'c'])
  const reordered = CONFIG.replace('bind4: 127.0.0.9, mptcp: true', 'mptcp: true, bind4: 127.0.0.9')
  t.same(namesKept(create(parseConfig(reordered, 'f'), same)), ['plain', 'tos', 'a', 'b', 'c'])
  const text = CONFIG.replace('127.0.0.8', '127.0.0.7').replace('tos: 12', 'tos: 16')
  const after = create(parseConfig(text, 'f'), same)
  t.same(namesKept(after), ['plain', 'a', 'b'])
  t.equal(after.shared.size, 5, 'it keeps no others')
  t.same(namesKept(create(parseConfig(CONFIG, 'f'))), [], 'other options have other dialers')
})

t.test('removed listeners keep what they replace of the egress of the daemon', async t => {
  const { create, attempts } = rig()
  const before = create(parseConfig(CONFIG, 'f'))
  const text =
    "egress: { tos: 16 }\nlisteners: [{ name: z, protocol: socks, listen: '127.0.0.1:1' }]"
  const removed = new Map([
    ['plain', {}],
    ['a', { bind4: '127.0.0.9' }],
  ])
  const after = create(parseConfig(text, 'f'), before, removed)
  t.same([[...after.listeners.keys()], [...after.removed.keys()]], [['z'], ['plain', 'a']])
  t.equal(after.removed.get('plain')?.dialer, after.listeners.get('z')?.dialer)
  t.ok([...after.dialers.values()].every(each => [...before.dialers.values()].includes(each)))
  const target = { host: '127.0.0.1', port: 9 }
  for (const { dialer } of after.removed.values()) {
    await new Promise((resolve, reject) => dialer.race({ targets: [target] }, resolve, reject))
  }
  t.match(
    attempts.map(([own]) => own),
    [
      { tos: 16, bind4: null },
      { tos: 16, bind4: '127.0.0.9' },
    ],
  )
})

t.test('names are looked up by the path of a removed listener, not by the C library', async t => {
  const { create, systemLookups } = rig()
  const listeners = "listeners: [{ protocol: socks, listen: '127.0.0.1:1' }]"
  const config = parseConfig(`{ resolver: { mode: system }, ${listeners} }`, 'f')
  const { dialers } = create(config, undefined, new Map([['a', { mark: 7 }]]))
  t.same([dialers.size, systemLookups()], [2, 1])
})
