import t from 'tap'
import type { SourceAnswer } from '../../../src/net/host/source-address.ts'
import {
  createAskSource,
  createSourceAddress,
  createSourceTurns,
} from '../../../src/net/host/source-address.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { interfacesOf } from '../../fixtures/own-interfaces.ts'

const setUp = (answer: SourceAnswer = { address: '2001:db8::2' }) => {
  const clock = createHandClock()
  const asked: string[] = []
  const exhausted: string[][] = []
  const state = {
    answer,
    now: interfacesOf(
      ['eth0 2001:db8::2/64', 'eth0 192.0.2.2/24'],
      '20010db8000000000000000000000002 04 30 00 20 eth0\n',
    ),
  }
  const source = createSourceAddress({
    clock,
    interfaces: () => state.now,
    ask: async (address, family) => {
      asked.push(`${address} ${family}`)
      return state.answer
    },
    onExhausted: (...said) => void exhausted.push(said),
  })
  return { clock, asked, exhausted, source, state }
}

void t.test('prefix length and deprecation come from the interface', async t => {
  const { source, state } = setUp()
  t.same(await source('2001:db8:9::1'), {
    address: '2001:db8::2',
    deprecated: true,
    prefixLength: 48,
  })
  state.answer = { address: '192.0.2.2' }
  t.same(await source('198.51.100.1'), {
    address: '192.0.2.2',
    deprecated: false,
    prefixLength: 24,
  })
})

void t.test('an address of no known interface gets the default prefix length', async t => {
  const { source, state } = setUp({ address: '2001:db8::77' })
  t.match(await source('2001:db8:9::1'), { prefixLength: 64, deprecated: false })
  state.answer = { address: '192.0.2.77' }
  t.match(await source('198.51.100.1'), { prefixLength: 32, deprecated: false })
})

void t.test('a link-local source keeps its zone and is found without it', async t => {
  const { source, state } = setUp({ address: 'fe80::2%eth0' })
  state.now = interfacesOf(['eth0 fe80::2/10'])
  t.match(await source('fe80::1%eth0'), { address: 'fe80::2%eth0', prefixLength: 10 })
})

void t.test('without a route there is no source (RFC 6724 rule 1), and that is cached', async t => {
  const { source, asked } = setUp({ code: 'ENETUNREACH' })
  t.same(await source('2001:db8:9::1'), { address: null, deprecated: false, prefixLength: 0 })
  t.match(source('2001:db8:9::1'), { address: null })
  t.equal(asked.length, 1)
})

void t.test('text that is no address has no source, without a lookup', async t => {
  const { source, asked } = setUp()
  t.match(source('example.com'), { address: null })
  t.same(asked, [])
})

void t.test('an IPv4-mapped destination is looked up as IPv4', async t => {
  const { source, asked } = setUp({ address: '192.0.2.2' })
  t.match(await source('::ffff:198.51.100.1'), { address: '192.0.2.2' })
  t.same(asked, ['198.51.100.1 4'])
})

void t.test('an answer is cached for 5 s, and returned without a promise', async t => {
  const { source, clock, asked } = setUp()
  const first = await source('2001:db8:9::1')
  clock.advance(4999)
  t.equal(source('2001:db8:9::1'), first)
  t.equal(asked.length, 1)
  clock.advance(1)
  t.same(await source('2001:db8:9::1'), first)
  t.equal(asked.length, 2)
})

void t.test('a change of interfaces invalidates the cache', async t => {
  const { source, asked, state } = setUp()
  await source('2001:db8:9::1')
  state.now = { ...state.now, epoch: 2 }
  await source('2001:db8:9::1')
  t.equal(asked.length, 2)
})

void t.test('concurrent callers share a lookup', async t => {
  const { source, asked } = setUp()
  const [a, b] = await Promise.all([source('2001:db8:9::1'), source('2001:db8:9::1')])
  t.equal(a, b)
  t.equal(asked.length, 1)
  await source('2001:db8:9::2')
  t.equal(asked.length, 2, 'another destination is another question')
})

void t.test('lookups above the limit wait', async t => {
  const answers: (() => void)[] = []
  const asked: string[] = []
  const source = createSourceAddress({
    clock: createHandClock(),
    interfaces: () => interfacesOf(['eth0 192.0.2.2/24']),
    ask: address => {
      asked.push(address)
      return new Promise(resolve => answers.push(() => resolve({ address: '192.0.2.2' })))
    },
    turns: createSourceTurns(2),
  })
  const all = ['1', '2', '3', '4', '5'].map(last => Promise.resolve(source(`198.51.100.${last}`)))
  await Promise.resolve()
  for (const [done, open] of [
    [0, 2],
    [1, 3],
    [2, 4],
    [3, 5],
    [4, 5],
  ] as const) {
    t.equal(asked.length, open, `${done} are answered`)
    answers[done]?.()
    await new Promise(setImmediate)
  }
  for (const answer of await Promise.all(all)) t.match(answer, { address: '192.0.2.2' })
  t.equal(asked[4], '198.51.100.5', 'in their order')
})

void t.test('an answer is not cached if descriptors ran out', async t => {
  const { source, asked, state, exhausted } = setUp({ code: 'EMFILE' })
  t.match(await source('2001:db8:9::1'), { address: null })
  t.same(exhausted, [['ask for a source address', 'EMFILE']])
  state.answer = { address: '2001:db8::2' }
  t.match(await source('2001:db8:9::1'), { address: '2001:db8::2' })
  t.equal(asked.length, 2)
})

void t.test('the source for loopback is loopback', async t => {
  t.same(await createAskSource()('127.0.0.2', 4), { address: '127.0.0.1' })
})

void t.test('an IPv6 literal, with a zone too', async t => {
  // A host without IPv6 answers by a code, and that is right as well.
  for (const literal of ['::1', '::1%lo']) {
    const answer = await createAskSource()(literal, 6)
    t.ok('code' in answer || answer.address === '::1', literal)
  }
})

void t.test('a destination without a route has an error code', async t => {
  // Broadcast needs a permission that the socket does not have.
  t.match(await createAskSource()('255.255.255.255', 4), { code: /^E(ACCES|NETUNREACH)$/ })
  t.match(await createAskSource()('fe80::1%no-such-zone', 6), { code: /^E/ })
  t.match(await createAskSource()('192.0.2.1', 6), { code: /^E/ }, 'the wrong family')
})
