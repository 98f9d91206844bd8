import t from 'tap'
import { createRequester, leave } from '../../src/core/requester.ts'
import type { Requester } from '../../src/core/requester.ts'
import type { RecordType } from '../../src/core/ip.ts'
import { createTurns } from '../../src/core/turns.ts'
import { createQueryLoad } from '../../src/resolver/query-load.ts'
import { coalesce } from '../../src/resolver/coalesce.ts'
import { readServers } from '../../src/resolver/dns/servers.ts'
import {
  HUNG_MS,
  createSystemQuery,
  createSystemSource,
  systemLimitMs,
} from '../../src/resolver/system-source.ts'
import type { Answer } from '../../src/resolver/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { createHandLookup } from '../fixtures/hand-lookup.ts'

const TIMEOUT_MS = 4000

/** The C library behind its turns, as in a resolver. */
const setUp = (places = 8) => {
  const clock = createHandClock()
  const lookup = createHandLookup(() => {}, places)
  const turns = createTurns({ max: places, waitingMax: 100, ratio: 1 })
  const system = createSystemQuery({ lookup, turns, clock, timeoutMs: () => TIMEOUT_MS })
  const { query } = coalesce(system.query, { turns, max: places, onWait: system.relieve })
  const ask = (name: string, requester?: Requester, record: RecordType = 'A'): Answer[] => {
    const got: Answer[] = []
    query(name, record, answer => got.push(answer), undefined, requester)
    return got
  }
  return { clock, lookup, turns, ask, forget: system.forget }
}

const failed = (code: string) => ({ ok: false, code, source: 'system' })

t.test('one family at a time, all its addresses, canonical and without repeats', async t => {
  const { lookup, ask, clock, turns } = setUp()
  const six = ask('printer.local', undefined, 'AAAA')
  const four = ask('printer.local')
  t.same(lookup.open(), ['6 printer.local', '4 printer.local'])
  lookup.answer('6 printer.local', ['2001:DB8::0:1', '2001:db8::1', 'nonsense'])
  t.same(six, [{ ok: true, addresses: ['2001:db8::1'], ttl: null, source: 'system' }])
  lookup.answer('4 printer.local', ['192.0.2.1'])
  t.match(four, [{ addresses: ['192.0.2.1'] }])
  t.equal(clock.pending(), 0)
  t.equal(turns.active(), 0)
})

t.test('an IPv4-mapped address is the IPv4 address that it holds', async t => {
  const { lookup, ask } = setUp()
  const got = ask('mapped.example', undefined, 'AAAA')
  lookup.answer('6 mapped.example', ['::ffff:192.0.2.1'])
  t.match(got, [{ addresses: ['192.0.2.1'] }])
})

t.test('a name that hung fails at once, and there is nothing to give up', async t => {
  const clock = createHandClock()
  const lookup = createHandLookup(() => {}, 8)
  const turns = { waiting: () => 0 }
  const { query } = createSystemQuery({ lookup, turns, clock, timeoutMs: () => TIMEOUT_MS })
  const got: Answer[] = []
  const control = { isWanted: () => true, keepSlot: () => () => {} }
  const ask = () => query('slow.example', 'A', answer => got.push(answer), control)
  ask()
  clock.advance(TIMEOUT_MS)
  const giveUp = ask()
  t.match(got, [failed('ETIMEDOUT'), failed('ETIMEDOUT')])
  giveUp()
  t.equal(got.length, 2)
})

t.test('codes', async t => {
  const { lookup, ask } = setUp()
  for (const [code, expected] of [
    ['ENOTFOUND', 'ENOTFOUND'],
    ['ENODATA', 'ENODATA'],
    ['EAI_NODATA', 'ENODATA'],
    ['EAI_ADDRFAMILY', 'ENODATA'],
    ['EAI_AGAIN', 'ESERVFAIL'],
    ['EAI_FAIL', 'ESERVFAIL'],
    ['ETIMEDOUT', 'ETIMEDOUT'],
    ['ETIMEOUT', 'ETIMEDOUT'],
    ['ECHILD', 'ECHILD'],
  ] as const) {
    const got = ask('a.example')
    lookup.answer('4 a.example', code)
    t.same(got, [failed(expected)], code)
  }
  const none = ask('a.example')
  lookup.answer('4 a.example', [])
  t.same(none, [failed('ENODATA')])
})

t.test('a lookup that hangs is given up, keeps its turn, and fails at once for 30 s', async t => {
  const { clock, lookup, turns, ask } = setUp()
  const got = ask('dead.example')
  clock.advance(TIMEOUT_MS - 1)
  t.same(got, [])
  clock.advance(1)
  t.same(got, [failed('ETIMEDOUT')])
  t.equal(turns.active(), 1, 'its thread is busy')
  t.same(ask('dead.example'), [failed('ETIMEDOUT')])
  t.same(lookup.open(), ['4 dead.example'], 'it is not asked again')
  const other = ask('dead.example', undefined, 'AAAA')
  t.same(other, [], 'the other family is another query')
  lookup.answer('6 dead.example', ['2001:db8::1'])
  clock.advance(HUNG_MS)
  t.same(ask('dead.example'), [])
  t.equal(lookup.open().length, 2)
})

t.test('an answer that comes late gives the turn back, and the name a chance', async t => {
  const { clock, lookup, turns, ask } = setUp()
  const got = ask('slow.example')
  clock.advance(TIMEOUT_MS)
  lookup.answer('4 slow.example', ['192.0.2.1'])
  t.same(got, [failed('ETIMEDOUT')])
  t.equal(turns.active(), 0)
  const again = ask('slow.example')
  lookup.answer('4 slow.example', ['192.0.2.1'])
  t.match(again, [{ ok: true }])
})

t.test('one client gets half of the places, however many it asks for', async t => {
  const { lookup, ask, turns } = setUp(8)
  const flood = createRequester('192.0.2.66')
  for (let i = 0; i < 20; i++) ask(`dead${i}.example`, flood)
  t.equal(turns.active(), 4)
  const honest = ask('good.example', createRequester('192.0.2.1'))
  lookup.answer('4 good.example', ['192.0.2.9'])
  t.match(honest, [{ ok: true }])
  leave(flood)
  t.equal(turns.waiting(), 0, 'what waits is dropped')
  t.equal(turns.active(), 4, 'what has begun is not')
})

t.test('where half of the places hang and others wait, another process takes over', async t => {
  const { clock, lookup, ask, turns } = setUp(8)
  const flood = createRequester('192.0.2.66')
  for (let i = 0; i < 20; i++) ask(`dead${i}.example`, flood)
  clock.advance(1000)
  const live = ask('slow.example', createRequester('192.0.2.1'))
  leave(flood)
  clock.advance(TIMEOUT_MS - 1000)
  t.equal(turns.active(), 5)
  t.equal(lookup.renewals(), 0, 'nobody waits')
  // Of the same client, whose places all hang.
  const honest = ask('good.example', createRequester('192.0.2.66'))
  t.equal(lookup.renewals(), 1)
  t.same(lookup.open(), ['4 slow.example', '4 good.example'], 'what does not hang is asked again')
  t.equal(turns.active(), 2)
  lookup.answer('4 good.example', ['192.0.2.9'])
  t.match(honest, [{ ok: true }])
  lookup.answer('4 slow.example', ['192.0.2.8'])
  t.match(live, [{ ok: true }])
  t.equal(turns.active(), 0)
  t.equal(clock.pending(), 0)
})

t.test('also where somebody waits as they begin to hang', async t => {
  const { clock, lookup, ask, turns } = setUp(8)
  for (let i = 0; i < 5; i++) ask(`dead${i}.example`)
  t.equal(turns.waiting(), 1)
  clock.advance(TIMEOUT_MS)
  t.equal(lookup.renewals(), 1)
  t.same(lookup.open(), ['4 dead4.example'])
  t.equal(turns.active(), 1)
})

t.test('in another network a name that hung is asked for again, in another process', async t => {
  const { clock, lookup, turns, ask, forget } = setUp()
  forget()
  t.equal(lookup.renewals(), 0, 'nothing hangs')
  ask('dead.example')
  clock.advance(1000)
  const slow = ask('slow.example')
  clock.advance(TIMEOUT_MS - 1000)
  forget()
  t.equal(lookup.renewals(), 1)
  t.same(lookup.open(), ['4 slow.example'], 'what does not hang is asked again')
  t.equal(turns.active(), 1)
  const again = ask('dead.example')
  lookup.answer('4 dead.example', ['192.0.2.1'])
  t.match(again, [{ ok: true }])

  clock.advance(1000)
  t.same(slow, [failed('ETIMEDOUT')])
  t.same(ask('slow.example'), [], 'it began in the old network, which says nothing of this one')
})

t.test('the limit: timeout, attempts and servers, a tenth more, 30 s at most', async t => {
  const limit = (servers: number, timeoutMs: number, attempts: number): number => {
    const addresses = Array.from({ length: servers }, (_, i) => `192.0.2.${i + 1}`)
    return Math.round(systemLimitMs({ servers: readServers(addresses), timeoutMs, attempts }))
  }
  t.equal(limit(0, 5000, 2), 11_000, 'the C library asks the host itself')
  t.equal(limit(1, 5000, 2), 11_000)
  t.equal(limit(2, 5000, 2), 22_000)
  t.equal(limit(3, 1000, 2), 6600)
  t.equal(limit(9, 1000, 2), 6600, 'of more servers the C library asks three')
  t.equal(limit(3, 5000, 2), 30_000)
})

t.test('the C library: its places, half of them for one client', async t => {
  const clock = createHandClock()
  const lookup = createHandLookup(() => {}, 8)
  const load = createQueryLoad()
  const source = createSystemSource({ lookup, clock, timeoutMs: () => 100, load })
  t.equal(source.slots.max, 8)
  const enter = () => source.slots.turns.enter({ client: 'a', run: () => {}, refuse: () => {} })
  for (let i = 0; i < 8; i++) enter()
  t.equal(source.slots.turns.active(), 4)
  t.equal(load.waiting(), 4, 'the others wait, as queries for DNS servers do')
  const got: Answer[] = []
  source.query('a.example', 'A', answer => got.push(answer), {
    isWanted: () => true,
    keepSlot: () => () => {},
  })
  clock.advance(100)
  t.match(got, [{ code: 'ETIMEDOUT' }])
  source.forget()
  source.close()
  t.equal(lookup.closed(), true)
  t.equal(load.waiting(), 0)
})
