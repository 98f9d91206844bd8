import t from 'tap'
import { createRequester, leave } from '../../src/core/requester.ts'
import type { Requester } from '../../src/core/requester.ts'
import type { RecordType } from '../../src/core/ip.ts'
import { createTurns } from '../../src/core/turns.ts'
import { coalesce } from '../../src/resolver/coalesce.ts'
import type { Answer } from '../../src/resolver/types.ts'
import { createScriptedSource } from '../fixtures/scripted-query.ts'

const GOOD: Answer = { ok: true, addresses: ['192.0.2.1'], ttl: 60, source: 'dns' }
const CANCELLED: Answer = { ok: false, code: 'ECANCELLED', source: 'dns' }

const setUp = ({ max = 64, waitingMax = 1024, ratio = 3 } = {}) => {
  const scripted = createScriptedSource()
  const turns = createTurns({ max, waitingMax, ratio })
  let waits = 0
  const coalesced = coalesce(scripted.source, { turns, max, onWait: () => waits++ })
  /** Asks, and collects what comes. */
  const ask = (name: string, requester?: Requester, record: RecordType = 'A'): Answer[] => {
    const got: Answer[] = []
    coalesced.query(name, record, answer => got.push(answer), undefined, requester)
    return got
  }
  return { ...scripted, ...coalesced, turns, ask, waits: () => waits }
}

t.test('one query for each name and type, and each caller gets its answer', async t => {
  const { ask, asked, answer, pending } = setUp()
  const all = Array.from({ length: 50 }, () => {
    ask('a.example', undefined, 'AAAA')
    ask('b.example')
    return ask('a.example')
  })
  t.same(asked(), ['AAAA a.example', 'A b.example', 'A a.example'])
  t.equal(pending(), 3)
  answer('A a.example', GOOD)
  t.ok(all.every(got => got.length === 1 && got[0] === GOOD))
  t.equal(pending(), 2)
})

t.test('after an answer the next caller asks again, also from within the answer', async t => {
  const { query, asked, answer } = setUp()
  let again = 0
  query('a.example', 'A', () => query('a.example', 'A', () => again++))
  answer('A a.example', GOOD)
  t.equal(again, 0)
  answer('A a.example', GOOD)
  t.equal(again, 1)
  t.equal(asked().length, 2)
})

t.test('an answer from memory comes through at once, and its turn is free', async t => {
  const turns = createTurns({ max: 1, waitingMax: 0 })
  const { query, pending } = coalesce(
    (_name, _record, settle) => {
      settle(GOOD)
      return () => {}
    },
    { turns, max: 1 },
  )
  const got: Answer[] = []
  query('a.example', 'A', answer => got.push(answer))
  query('b.example', 'A', answer => got.push(answer))
  t.same(got, [GOOD, GOOD])
  t.equal(pending(), 0)
  t.equal(turns.active(), 0)
})

t.test('close answers all, once, gives their queries up and asks nothing more', async t => {
  const { ask, answer, close, pending, asked, open, turns } = setUp({ max: 1 })
  const got = [ask('a.example'), ask('a.example'), ask('b.example')]
  t.same(asked(), ['A a.example'])
  close()
  t.same(got, [[CANCELLED], [CANCELLED], [CANCELLED]])
  t.equal(pending(), 0)
  t.same(open(), [])
  t.same([turns.active(), turns.waiting()], [0, 0])
  t.same(ask('c.example'), [CANCELLED])
  t.same(asked(), ['A a.example'])
  t.throws(() => answer('A a.example', GOOD))
})

t.test(
  'after a detach each side has its own query, and what waits is asked later anyway',
  async t => {
    const { ask, answer, detach, asked, pending } = setUp({ max: 1 })
    const before = ask('a.example')
    const waiting = ask('b.example')
    detach()
    const after = ask('a.example')
    ask('b.example')
    t.equal(pending(), 3)
    answer('A a.example', GOOD)
    t.same(before, [GOOD])
    t.same(after, [])
    t.same(asked(), ['A a.example', 'A b.example'])
    answer('A b.example', GOOD)
    t.same(waiting, [GOOD])
    answer('A a.example', GOOD)
    t.same(after, [GOOD])
  },
)

t.test('a query in flight goes on without its requesters, and serves the next one', async t => {
  const { ask, answer, asked, open } = setUp()
  const requester = createRequester('192.0.2.1')
  const first = ask('a.example', requester)
  leave(requester)
  t.same(open(), ['A a.example'])
  t.equal(requester.abandoned, 1)
  const second = ask('a.example', createRequester('192.0.2.2'))
  t.equal(requester.abandoned, 0, 'another one wants it')
  answer('A a.example', GOOD)
  t.same(first, [], 'who has left hears nothing')
  t.same(second, [GOOD])
  t.equal(asked().length, 1)
})

t.test('a query in flight counts against who wanted it last until it is over', async t => {
  const { ask, answer } = setUp()
  const [first, last] = [createRequester('192.0.2.1'), createRequester('192.0.2.2')]
  ask('a.example', first)
  ask('a.example', last)
  ask('b.example', last)
  leave(first)
  t.equal(first.abandoned, 0)
  leave(last)
  t.equal(last.abandoned, 2)
  answer('A b.example', GOOD)
  t.equal(last.abandoned, 1)
  answer('A a.example', GOOD)
  t.equal(last.abandoned, 0)
  t.same(ask('c.example', last), [CANCELLED], 'whoever has left is not asked for')
})

t.test('a query that waits for its turn is dropped with its last requester', async t => {
  const { ask, answer, asked, pending, turns, waits } = setUp({ max: 1 })
  ask('a.example')
  const [one, two] = [createRequester('192.0.2.1'), createRequester('192.0.2.1')]
  ask('b.example', one)
  ask('b.example', two)
  const other = ask('c.example', createRequester('192.0.2.2'))
  t.equal(turns.waiting(), 2)
  t.equal(waits(), 2)
  leave(one)
  t.equal(turns.waiting(), 2)
  leave(two)
  t.equal(turns.waiting(), 1)
  t.equal(pending(), 2)
  t.same([one.abandoned, two.abandoned], [0, 0])
  answer('A a.example', GOOD)
  t.same(asked(), ['A a.example', 'A c.example'])
  answer('A c.example', GOOD)
  t.same(other, [GOOD])
  t.equal(turns.active(), 0)
})

t.test('nobody waits behind the flood of another client, not even for the same name', async t => {
  const { ask, answer, asked, turns } = setUp({ max: 4 })
  const flood = createRequester('192.0.2.66')
  for (let i = 0; i < 100; i++) ask(`flood${i}.example`, flood)
  t.equal(turns.active(), 3, 'one turn is left for others')
  const wanted = ask('flood99.example', createRequester('192.0.2.1'))
  t.equal(asked().at(-1), 'A flood99.example', 'its own turn comes first')
  answer('A flood99.example', GOOD)
  t.same(wanted, [GOOD])
  t.equal(turns.waiting(), 96)
})

t.test('where too many wait, the newest of the client with most is refused', async t => {
  const { ask, answer, pending } = setUp({ max: 1, waitingMax: 3 })
  ask('a.example')
  const flood = createRequester('192.0.2.66')
  const flooded = [0, 1, 2].map(i => ask(`f${i}.example`, flood))
  const honest = ask('f2.example', createRequester('192.0.2.1'))
  t.match(flooded, [[], [], [{ code: 'ERR_DNS_LIMIT' }]])
  t.same(honest, [], 'the same query of another waits on')
  t.equal(pending(), 4)
  const last = ask('g.example', createRequester('192.0.2.2'))
  t.match(flooded, [[], [{ code: 'ERR_DNS_LIMIT' }], [{ code: 'ERR_DNS_LIMIT' }]])
  t.equal(pending(), 4)
  answer('A a.example', GOOD)
  answer('A f0.example', GOOD)
  t.same(flooded[0], [GOOD])
  answer('A f2.example', GOOD)
  t.same(honest, [GOOD])
  answer('A g.example', GOOD)
  t.same(last, [GOOD])
  t.equal(pending(), 0)
})

t.test('a lookup is refused at once where nothing may wait', async t => {
  const { ask, turns, pending } = setUp({ max: 1, waitingMax: 0 })
  ask('a.example')
  t.match(ask('b.example', createRequester('192.0.2.1')), [{ ok: false, code: 'ERR_DNS_LIMIT' }])
  t.equal(turns.waiting(), 0)
  t.equal(pending(), 1)
})

t.test('where all turns are taken, the oldest query that nobody wants is given up', async t => {
  const { ask, answer, open, turns } = setUp({ max: 2, ratio: 10 })
  const [one, two] = [createRequester('192.0.2.1'), createRequester('192.0.2.2')]
  ask('a.example', one)
  ask('b.example', two)
  const third = ask('c.example', createRequester('192.0.2.3'))
  t.same(open(), ['A a.example', 'A b.example'], 'both are wanted')
  leave(two)
  t.same(open(), ['A a.example', 'A c.example'], 'as soon as one is not')
  t.equal(two.abandoned, 0)
  leave(one)
  ask('d.example', createRequester('192.0.2.4'))
  t.same(open(), ['A c.example', 'A d.example'])
  t.equal(one.abandoned, 0)
  answer('A c.example', GOOD)
  t.same(third, [GOOD])
  t.equal(turns.active(), 1)
})

t.test('a query that nobody wants is asked no further server while others wait', async t => {
  const { ask, control, open } = setUp({ max: 4 })
  const [requester, others] = [createRequester('192.0.2.1'), createRequester('192.0.2.1')]
  ask('a.example', requester)
  for (const name of ['b.example', 'c.example']) ask(name, others)
  const { isWanted } = control('A a.example')
  leave(requester)
  t.equal(isWanted(), true, 'nobody waits for a turn')
  ask('d.example', others)
  t.same(open(), ['A a.example', 'A b.example', 'A c.example'], 'one turn is left for others')
  t.equal(isWanted(), false)
  ask('a.example', others)
  t.equal(isWanted(), true)
})

t.test('a turn that is kept is another’s only when it is free', async t => {
  const { ask, answer, control, asked, turns } = setUp({ max: 1 })
  const first = ask('a.example')
  const free = control('A a.example').keepSlot()
  answer('A a.example', GOOD)
  t.same(first, [GOOD])
  ask('b.example')
  t.equal(turns.active(), 1)
  t.same(asked(), ['A a.example'])
  free()
  free()
  t.same(asked(), ['A a.example', 'A b.example'])
  const early = control('A b.example').keepSlot()
  early()
  t.equal(turns.active(), 1, 'it is still in flight')
  answer('A b.example', GOOD)
  t.equal(turns.active(), 0)
})
