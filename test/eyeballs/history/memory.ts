import t from 'tap'
import type { Evidence } from '../../../src/eyeballs/history/evidence.ts'
import type { Memory } from '../../../src/eyeballs/history/memory.ts'
import { createMemory, networkKey } from '../../../src/eyeballs/history/memory.ts'
import { EVIDENCE_MAX_AGE_MS, DEMOTION_MAX_AGE_MS } from '../../../src/eyeballs/history/demotion.ts'
import { heldBytes } from '../../fixtures/collect-garbage.ts'
import { v4, v6 } from '../../fixtures/race.ts'

const evidence = (address: string, what: Evidence['what'], roundTripMs?: number): Evidence => ({
  candidate: { address },
  what,
  ...(roundTripMs !== undefined && { roundTripMs }),
})

/** A memory that got these pieces of evidence at their times. */
const taught = (...items: readonly (readonly [at: number, ...Parameters<typeof evidence>])[]) => {
  const memory = createMemory()
  for (const [at, ...rest] of items) memory.learn(evidence(...rest), at)
  return memory
}

/** What is demoted of an address: nothing, itself, its network, or both. */
const held = (memory: Memory, address: string, now = 0): string => {
  const { own, network } = memory.recall({ address }, now)
  return [own && 'own', network && 'network'].filter(Boolean).join(' and ') || 'nothing'
}

t.test('of what nobody has tried nothing is known', async t => {
  t.strictSame(createMemory().recall({ address: v6(1) }, 0), {
    roundTrip: undefined,
    own: undefined,
    network: undefined,
  })
})

t.test('a network that nothing is known of is dead at the first silence', async t => {
  const memory = taught([0, v6(1), 'silent'])
  t.equal(held(memory, v6(1)), 'own and network')
  t.equal(held(memory, v6(2)), 'network', 'an address of it that nobody has tried')
  t.equal(held(memory, '2001:db8:1::1'), 'nothing', 'another network')
})

t.test('one dead host says little of a network that answered of late', async t => {
  const once = taught([0, v6(1), 'answered', 20], [1000, v6(2), 'silent'])
  t.equal(held(once, v6(2), 1000), 'own')
  t.equal(held(once, v6(1), 1000), 'nothing')
  const longAgo = taught([0, v6(1), 'answered', 20], [61_000, v6(2), 'silent'])
  t.equal(held(longAgo, v6(1), 61_000), 'network', 'half the weight after a minute')
})

t.test('many answers weigh as much as two, so a network that dies is known soon', async t => {
  const memory = createMemory()
  for (let i = 0; i < 50; i++) memory.learn(evidence(v6(1), 'answered', 20), i)
  memory.learn(evidence(v6(2), 'silent'), 100)
  memory.learn(evidence(v6(3), 'silent'), 100)
  t.equal(held(memory, v6(1), 100), 'nothing')
  memory.learn(evidence(v6(4), 'silent'), 100)
  t.equal(held(memory, v6(1), 100), 'network')
})

t.test('silences lose their weight as answers do', async t => {
  const memory = taught([0, v6(1), 'answered', 20], [0, v6(1), 'answered', 20])
  memory.learn(evidence(v6(2), 'silent'), 0)
  memory.learn(evidence(v6(3), 'silent'), 59_000)
  t.equal(held(memory, v6(1), 59_000), 'nothing')
})

t.test('a host that stays dead counts against its network once', async t => {
  const memory = taught([0, v6(1), 'answered', 20], [0, v6(1), 'answered', 20])
  for (let i = 0; i < 8; i++) memory.learn(evidence(v6(2), 'silent'), i * 10)
  t.equal(held(memory, v6(1), 100), 'nothing')
})

t.test('but keeps a demoted one demoted', async t => {
  const memory = taught([0, v6(1), 'silent'], [100_000, v6(1), 'silent'])
  t.match(memory.recall({ address: v6(2) }, 100_000).network, { evidenceAt: 100_000 })
})

t.test('an answer clears the address and its network', async t => {
  const memory = taught([0, v6(1), 'silent'], [0, v6(2), 'silent'], [10, v6(1), 'answered', 20])
  t.equal(held(memory, v6(1), 10), 'nothing')
  t.equal(held(memory, v6(2), 10), 'own')
  memory.learn(evidence(v6(3), 'silent'), 11)
  t.equal(held(memory, v6(1), 11), 'nothing', 'the silences before it are forgotten')
})

t.test('a connection alone clears nothing, but has its time', async t => {
  const memory = taught([0, v6(1), 'silent'], [10, v6(1), 'connected', 20])
  t.equal(held(memory, v6(1), 10), 'own and network')
  t.match(memory.recall({ address: v6(1) }, 10).roundTrip, { smoothedMs: 20 })
})

t.test('silence may have its time too: it was greeted in vain', async t => {
  const memory = taught([0, v6(1), 'silent', 20])
  t.match(memory.recall({ address: v6(1) }, 0).roundTrip, { smoothedMs: 20 })
})

t.test(
  'what takes connections and is unresponsive is cleared by what its target says alone',
  async t => {
    const memory = taught([0, v6(1), 'unresponsive', 20], [10, v6(1), 'answered', 20])
    t.equal(held(memory, v6(1), 10), 'own and network')
    memory.learn(evidence(v6(2), 'answered', 20), 20)
    t.equal(held(memory, v6(2), 20), 'network')
    memory.learn(evidence(v6(1), 'silent'), 30)
    t.match(memory.recall({ address: v6(1) }, 30).own, { unresponsive: true, evidenceAt: 30 })
    memory.learn(evidence(v6(1), 'confirmed', 20), 40)
    t.equal(held(memory, v6(1), 40), 'nothing')
    const forgotten = taught([0, v6(1), 'unresponsive'], [DEMOTION_MAX_AGE_MS, v6(1), 'answered'])
    t.equal(held(forgotten, v6(1), DEMOTION_MAX_AGE_MS), 'nothing')
  },
)

t.test('all that is demoted, the newest evidence first', async t => {
  const memory = taught([0, v6(1), 'silent'], [10, v4(9), 'unresponsive'], [20, v6(1), 'silent'])
  const six = {
    evidenceAt: 20,
    until: 20 + EVIDENCE_MAX_AGE_MS,
    unresponsive: false,
    passedOver: 0,
  }
  const four = {
    evidenceAt: 10,
    until: 10 + EVIDENCE_MAX_AGE_MS,
    unresponsive: true,
    passedOver: 0,
  }
  t.same(memory.demoted(30, 10), [
    { prefix: '2001:db8::/48', ...six },
    { prefix: v6(1), ...six },
    { prefix: '192.0.2.0/24', ...four },
    { prefix: v4(9), ...four },
  ])
  t.equal(memory.demoted(30, 1).length, 1)
  t.equal(memory.demoted(10 + EVIDENCE_MAX_AGE_MS, 10).length, 2, 'old evidence does not count')
  memory.learn(evidence(v6(1), 'answered', 5), 40)
  t.equal(memory.demoted(40, 10).length, 2)
  memory.clear()
  t.same(memory.demoted(40, 10), [])
})

t.test('samples are smoothed, and an old one is not the base of a new one', async t => {
  const memory = taught([0, v6(1), 'answered', 40], [1, v6(1), 'answered', 80])
  t.match(memory.recall({ address: v6(1) }, 1).roundTrip, { smoothedMs: 45 })
  memory.learn(evidence(v6(1), 'answered', 80), 700_000)
  t.match(memory.recall({ address: v6(1) }, 700_000).roundTrip, { smoothedMs: 80 })
  memory.learn(evidence(v6(1), 'answered'), 700_001)
  t.match(memory.recall({ address: v6(1) }, 700_001).roundTrip, { smoothedMs: 80, at: 700_000 })
})

t.test('void evidence counts anew against a network; after ten minutes there is none', async t => {
  const memory = taught([0, v6(1), 'silent'])
  t.equal(held(memory, v6(1), EVIDENCE_MAX_AGE_MS), 'own and network', 'until it has been tried')
  t.equal(held(memory, v6(1), DEMOTION_MAX_AGE_MS), 'nothing')
})

t.test('a NAT64 address is in the network of the IPv4 address in it', async t => {
  const memory = createMemory()
  const nat64 = (n: number) => ({ address: `64:ff9b::${n}`, embedded: v4(n) })
  memory.learn({ candidate: nat64(1), what: 'silent' }, 0)
  t.ok(memory.recall(nat64(2), 0).network)
  t.equal(held(memory, v4(1)), 'nothing', 'IPv4 has its own way there')
})

t.test('it can be emptied', async t => {
  const memory = taught([0, v6(1), 'silent', 20])
  memory.clear()
  t.strictSame(held(memory, v6(1)), 'nothing')
  t.equal(memory.recall({ address: v6(1) }, 0).roundTrip, undefined)
})

t.test('it is bounded: those used last are remembered', async t => {
  const memory = createMemory()
  const address = (i: number): string => `2001:db8:${(i >> 4).toString(16)}:${i & 0xf}::1`
  const heldBefore = heldBytes()
  for (let i = 0; i < 100_000; i++) memory.learn(evidence(address(i), 'silent', 20), i / 1000)
  const grownBytes = heldBytes() - heldBefore
  t.ok(grownBytes < 20e6, `${Math.round(grownBytes / 1e6)} MB`)
  const known = (i: number): boolean =>
    memory.recall({ address: address(i) }, 100).roundTrip !== undefined
  t.equal(known(99_999), true)
  t.equal(known(90_000), true)
  t.equal(known(89_999), false)
  t.equal(known(0), false)
})

t.test('an IPv6 address goes by its /48', async t => {
  const key = networkKey('2001:db8:1::1')
  t.equal(networkKey('2001:db8:1:ffff::2'), key)
  t.not(networkKey('2001:db8:2::1'), key)
  t.not(networkKey('2001:db9:1::1'), key)
})

t.test('an IPv4 address goes by its /24, a mapped one too', async t => {
  const key = networkKey('192.0.2.1')
  t.equal(networkKey('192.0.2.254'), key)
  t.equal(networkKey('::ffff:192.0.2.7'), key)
  t.not(networkKey('198.51.100.1'), key)
})

t.test('a NAT64 address goes by the IPv4 address in it, apart from the way of IPv4', async t => {
  const key = networkKey('64:ff9b::c000:201', '192.0.2.1')
  t.equal(networkKey('2001:db8:64::c000:263', '192.0.2.99'), key)
  t.not(networkKey('64:ff9b::c633:6401', '198.51.100.1'), key)
  t.not(networkKey('192.0.2.1'), key)
  t.not(networkKey('64:ff9b::c000:201'), key)
})

t.test('link-local networks are as many as there are zones', async t => {
  t.equal(networkKey('fe80::1%eth0'), networkKey('fe80::2%eth0'))
  t.not(networkKey('fe80::1%eth0'), networkKey('fe80::1%eth1'))
})

t.test('what is no address is a network of its own', async t => {
  t.not(networkKey('a.example'), networkKey('b.example'))
})
