import t from 'tap'
import type { Users } from '../../src/auth/users-file.ts'
import { parseConfig } from '../../src/config/parse.ts'
import type { Generation } from '../../src/daemon/generation.ts'
import {
  changeUsers,
  createGeneration,
  dialerOptions,
  listenerPolicy,
  dialersLeft,
} from '../../src/daemon/generation.ts'
import { createAttemptBudget } from '../../src/dial/attempt-budget.ts'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import { createNodeNetwork } from '../../src/net/node/node-network.ts'
import { testEgress } from '../fixtures/test-egress.ts'
import { testLookups } from '../fixtures/host-lookups.ts'

const clock = createRealClock()
const made: Users[] = []
const changed: (readonly [Users, boolean])[] = []
const parts = {
  clock,
  network: createNodeNetwork({ clock }),
  egress: testEgress(clock),
  lookups: testLookups(),
  createVerify: (users: Users) => {
    made.push(users)
    return {
      verify: () => ({ leave: () => {}, isWaiting: () => false }),
      change: (...next: readonly [Users, boolean]) => void changed.push(next),
    }
  },
  budget: createAttemptBudget({ files: () => 9, races: () => 1 }),
  isUsed: () => false,
}

const socks = (name: string, user: string, more = ''): string =>
  `{ listeners: [{ name: ${name}, protocol: socks, listen: '127.0.0.1:1080', auth: { users: { ${user}: secret } } }]${more} }`

t.test('a dialer and a verifier stay if their options are unchanged', async t => {
  const first = createGeneration(parseConfig(socks('a', 'alice'), 'test'), undefined, parts)
  t.teardown(() => dialersLeft(first, undefined).forEach(({ resolver }) => resolver.close()))
  t.same([...first.verifiers.keys()], ['a'])
  const text = socks('a', 'alice', ', access: [{ action: deny }], limits: { maxConnections: 3 }')
  const second = createGeneration(parseConfig(text, 'test'), first, parts)
  t.same(dialersLeft(first, second), [])
  t.equal(second.verifiers.get('a'), first.verifiers.get('a'))
  t.equal(made.length, 1)

  const third = createGeneration(parseConfig(socks('a', 'bob'), 'test'), second, parts)
  t.same(dialersLeft(first, third), [])
  const [known, other] = [second, third].map(each => each.verifiers.get('a'))
  t.equal(other?.logins, known?.logins, 'it keeps its cache')
  t.same(
    [known?.users, other?.users],
    [new Map([['alice', 'secret']]), new Map([['bob', 'secret']])],
  )
  t.same(changed, [], 'the users stay until the generation is in force')
  changeUsers(first, second)
  t.same(changed, [])
  changeUsers(second, third)
  t.same(changed.splice(0), [[other?.users, false]])
  const revoking = socks('a', 'carol').replace('auth: {', 'auth: { revoke: true,')
  changeUsers(third, createGeneration(parseConfig(revoking, 'test'), third, parts))
  t.match(changed, [[new Map([['carol', 'secret']]), true]])
  const names = socks('a', 'alice', ', resolver: { hosts: { x.example: 192.0.2.1 } }')
  const fourth = createGeneration(parseConfig(names, 'test'), first, parts)
  t.teardown(() => dialersLeft(fourth, undefined).forEach(({ resolver }) => resolver.close()))
  t.equal(dialersLeft(first, fourth).length, 1, 'other names')
})

t.test('a listener without users, or removed, keeps its verifier for later users', async t => {
  const used = new Set<string>()
  const own = { ...parts, isUsed: (name: string) => used.has(name) }
  const create = (text: string, before?: Generation): Generation => {
    const next = createGeneration(parseConfig(text, 'test'), before, own)
    t.teardown(() => dialersLeft(next, undefined).forEach(({ resolver }) => resolver.close()))
    return next
  }
  const logins = ({ verifiers }: Generation) => verifiers.get('a')?.logins
  changed.length = 0
  const first = create(socks('a', 'alice'))
  const bob = socks('a', 'bob').replace('auth: {', 'auth: { revoke: true,')
  const free = "{ listeners: [{ name: a, protocol: socks, listen: '127.0.0.1:1080' }] }"
  const forward =
    "{ listeners: [{ name: a, protocol: forward, listen: '127.0.0.1:1080', target: 'b.example:1' }] }"
  for (const text of [free, forward, socks('b', 'carol')]) {
    const second = create(text, first)
    t.equal(second.verifiers.get('a'), first.verifiers.get('a'))
    changeUsers(first, second)
    t.same(changed, [], text)
    const third = create(bob, second)
    t.equal(logins(third), logins(first))
    changeUsers(second, third)
    t.same(changed.splice(0), [[new Map([['bob', 'secret']]), true]])
    const same = create(socks('a', 'alice'), second)
    t.equal(same.verifiers.get('a'), first.verifiers.get('a'), 'the same users again')
  }
  const removed = create(socks('b', 'carol'), first)
  used.add('a')
  const later = create(socks('b', 'dave'), removed)
  t.equal(logins(later), logins(first), 'while a connection lives')
  used.clear()
  t.equal(logins(create(socks('b', 'carol'), later)), undefined)
})

t.test('a removed listener keeps a dialer as long as connections may use it', async t => {
  const used = new Set<string>()
  const own = { ...parts, isUsed: (name: string) => used.has(name) }
  const listen = (name: string, more = '') =>
    `{ name: ${name}, protocol: socks, listen: '127.0.0.1:1'${more} }`
  const create = (listeners: string, before?: Generation): Generation => {
    const next = createGeneration(parseConfig(`{ listeners: [${listeners}] }`, 'f'), before, own)
    t.teardown(() => dialersLeft(next, undefined).forEach(({ resolver }) => resolver.close()))
    return next
  }
  const removed = ({ dialers }: Generation) => [...dialers.removed.keys()]
  const first = create(listen('a', ', egress: { bind4: none }'))
  const second = create(listen('b'), first)
  t.same(removed(second), ['a'], 'it may get connections until the change is in force')
  t.equal(second.dialers.removed.get('a')?.dialer, first.dialers.listeners.get('a')?.dialer)
  t.same(dialersLeft(first, second), [], 'its resolver stays open')

  used.add('a')
  const third = create(listen('c'), second)
  t.same(removed(third), ['a', 'b'])
  t.same(removed(create(listen('a'), third)), ['c'], 'it is back')
  used.clear()
  const fourth = create(listen('c'), third)
  t.same(removed(fourth), [])
  t.equal(dialersLeft(third, fourth).length, 1)
})

void t.test('the defaults are those of the RFC', async t => {
  t.match(dialerOptions(parseConfig('', 'test')), {
    resolver: {
      mode: 'dns',
      servers: undefined,
      search: undefined,
      hosts: {},
      timeoutMs: undefined,
    },
    race: {
      policyTable: 'updated',
      preferredFamily: 'auto',
      firstAddressFamilyCount: 1,
      maxConcurrentAttempts: 6,
      adaptive: { minimumDelayMs: 100, maximumDelayMs: 2000 },
      confirm: 'none',
      timing: {
        resolutionDelayMs: 50,
        connectionAttemptDelayMs: 250,
        attemptTimeoutMs: null,
        connectTimeoutMs: 30_000,
      },
    },
  })
})

void t.test('servers, search domains and hosts are passed in the form of the resolver', async t => {
  const text = `
resolver:
  servers: ['192.0.2.53', '[2001:db8::53]:5353']
  search: []
  hosts: { db.example: [192.0.2.7] }`
  t.match(dialerOptions(parseConfig(text, 'test')).resolver, {
    servers: ['192.0.2.53:53', '[2001:db8::53]:5353'],
    search: [],
    hosts: { 'db.example': ['192.0.2.7'] },
  })
})

void t.test('the attempt delay is kept within its bounds', async t => {
  const delay = (text: string): number | null =>
    dialerOptions(parseConfig(`eyeballs: { ${text} }`, 'test')).race.timing.connectionAttemptDelayMs
  t.equal(delay('connectionAttemptDelay: 300ms'), 300)
  t.equal(delay('connectionAttemptDelay: 20ms, minimumConnectionAttemptDelay: 20ms'), 20)
})

void t.test('adaptive delays can be switched off; their bounds are those of the delay', async t => {
  const { race } = dialerOptions(
    parseConfig(
      'eyeballs: { minimumConnectionAttemptDelay: 50ms, maximumConnectionAttemptDelay: 1s }',
      'test',
    ),
  )
  t.strictSame(race.adaptive, { minimumDelayMs: 50, maximumDelayMs: 1000 })
  const off = dialerOptions(parseConfig('eyeballs: { adaptive: false, confirm: tls }', 'test'))
  t.equal(off.race.adaptive, null)
  t.equal(off.race.confirm, 'tls')
})

void t.test('a SOCKS listener, with and without users', async t => {
  const [config] = parseConfig('', 'test').listeners
  if (!config) return t.fail('the default has a listener')
  const verify = () => ({ leave: () => {}, isWaiting: () => false })
  t.match(listenerPolicy(config, null), { protocol: 'mixed', name: 'mixed-1080', verify: null })
  t.match(listenerPolicy(config, verify), { protocol: 'mixed', verify })
  return t.end()
})

void t.test('a forward passes its targets and its clients', async t => {
  const text = `
listeners:
  - { protocol: forward, listen: '0.0.0.0:5432', target: [a.example:1, b.example:2], clients: 192.0.2.0/24 }`
  const [config] = parseConfig(text.replace('192.0.2.0/24', '[192.0.2.0/24]'), 'test').listeners
  if (!config) return t.fail('it has a listener')
  t.match(listenerPolicy(config, null), {
    protocol: 'forward',
    name: 'forward-5432',
    clients: [{ length: 24 }],
    targets: [
      { host: 'a.example', port: 1 },
      { host: 'b.example', port: 2 },
    ],
  })
  return t.end()
})

t.test('what listeners of HTTP require of each request', async t => {
  const text = `{ listeners: [
    { name: a, protocol: mixed, listen: '127.0.0.1:1', clients: 192.0.2.0/24 },
    { name: b, protocol: http, listen: '127.0.0.1:2', auth: { users: { eve: secret } } },
    { name: c, protocol: socks, listen: '127.0.0.1:3' },
    { name: d, protocol: forward, listen: '127.0.0.1:4', target: 'example.com:1' },
  ] }`
  const generation = createGeneration(parseConfig(text, 'test'), undefined, parts)
  t.teardown(() => dialersLeft(generation, undefined).forEach(({ resolver }) => resolver.close()))
  const { requirements } = generation
  t.same([...requirements.keys()], ['a', 'b'])
  t.match(requirements.get('a'), { clients: [{ length: 24 }], isLoginRequired: false })
  t.match(requirements.get('b'), { isLoginRequired: true })
})
